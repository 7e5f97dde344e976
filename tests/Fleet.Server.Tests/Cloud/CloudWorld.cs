using System.Collections.Concurrent;
using Fleet.Server.Cloud;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests;

/// <summary>A stand-in of the cloud, and Fleet's client of it with a clock that the test moves.</summary>
public sealed class CloudWorld : IAsyncLifetime
{
    internal const string Merchant = "MCLOUD01", Secret = "sup_sk_NotForAnyEyes42",
        ReaderId = "rdr_3MSAFM23CK82VSTT4BN6RWSQ65";

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Recorder _recorder = new();
    private CloudStandIn? _cloud;
    private ServiceProvider? _services;
    private CloudBudget? _budget;
    private CloudClient? _client;

    internal FakeTimeProvider Clock { get; } = new(new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));

    internal CloudStandIn Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    internal CloudClient Client => _client ?? throw new InvalidOperationException("It is not running.");

    internal IReadOnlyList<CloudExchange> Exchanges => [.. _recorder.Exchanges];

    internal IReadOnlyList<string> Lines => [.. _lines];

    internal static NewCloudCheckout Coffee => new() { TotalAmount = new("EUR", 2, 1500) };

    public async ValueTask InitializeAsync()
    {
        _cloud = await CloudStandIn.Start(Clock);
        Connect(_cloud.Url);
    }

    public async ValueTask DisposeAsync()
    {
        _budget?.Dispose();
        if (_services is not null) await _services.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    /// <summary>Replaces the client by one of another address.</summary>
    internal void Connect(string url, int perSecond = 100, int burst = 100)
    {
        var options = new FleetOptions();
        (options.Cloud.BaseUrl, options.Cloud.TestBase) = (url, true);
        (options.Cloud.RequestsPerSecond, options.Cloud.Burst) = (perSecond, burst);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.Trace)
            .AddProvider(new LogLines(_lines, LogLevel.Trace));
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<IExchangeLog>(_recorder);
        builder.Services.AddMetrics().AddSingleton<FleetMeter>();
        builder.AddCloud();
        _services?.Dispose();
        _services = builder.Services.BuildServiceProvider();
        var clients = _services.GetRequiredService<CloudClients>();
        var link = LinkOf(options.Cloud);
        _budget?.Dispose();
        _budget = clients.OpenBudget(link);
        _client = clients.OpenClient(Merchant, link, _budget);
    }

    /// <summary>A link with the settings' address and budget.</summary>
    internal static CloudLink LinkOf(CloudOptions cloud) => new()
    {
        Key = new(Secret), AffiliateAppId = "com.example.fleet", AffiliateKey = "afk", BaseUrl = cloud.BaseUrl,
        RequestsPerSecond = cloud.RequestsPerSecond, Burst = cloud.Burst,
    };

    /// <summary>Moves the clock in small steps until a call has ended.</summary>
    internal async Task<T> Run<T>(Task<T> call, double step = 0.02)
    {
        await Eventually.Equal(true, () => Task.FromResult(call.IsCompleted),
            () => Clock.Advance(TimeSpan.FromSeconds(step)));
        return await call;
    }

    private sealed class Recorder : IExchangeLog
    {
        public ConcurrentQueue<CloudExchange> Exchanges { get; } = new();

        public void AddExchange(CloudExchange exchange) => Exchanges.Enqueue(exchange);
    }
}

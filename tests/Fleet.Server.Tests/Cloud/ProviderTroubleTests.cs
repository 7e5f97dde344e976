using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>SumUp's cloud has trouble: that is found out, told, logged and measured, and it ends.</summary>
public sealed class ProviderTroubleTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _lines = new();
    private CloudLane? _lane;
    private RpcCaller? _caller;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    private RpcCaller Caller => _caller ?? throw new InvalidOperationException("It is not open.");

    private Shell Shell => new(Lane.Fleet, FleetApp.LiveKey);

    public async ValueTask InitializeAsync()
    {
        _lane = await CloudLane.Open(builder => builder.Services.AddSingleton<ILoggerProvider>(
            new LogLines(_lines, LogLevel.Information)));
        _caller = new(Lane.Fleet, FleetApp.LiveKey);
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        if (_lane is not null) await _lane.DisposeAsync();
    }

    [Fact]
    public async Task An_outage_of_the_cloud_is_told_as_the_clouds_and_ends_with_it()
    {
        Assert.DoesNotContain("SumUp has trouble", await Shell.Does("status"), StringComparison.Ordinal);
        Lane.Cloud.Usually(503, "{}");
        var (word, id) = await Lane.Start();
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        await Eventually.Equal(true, async () => (await Trouble())?.Trouble is true, () => Lane.Fleet.Pass(2));

        Assert.Contains("SumUp has trouble since", await Shell.Does("status"), StringComparison.Ordinal);
        Assert.Contains(", SumUp has trouble", await Shell.Does("top --count 1"), StringComparison.Ordinal);
        Assert.Contains("and not the shops", await Shell.Does($"why {id}"), StringComparison.Ordinal);
        var metrics = await Metrics.Of(Lane.Fleet);
        Assert.Equal(1, metrics["fleet_cloud_trouble"]);
        Assert.Equal(1, metrics["fleet_cloud_accounts", ("state", "suspect")]);
        Assert.Single(Logged("has trouble: calls of 1 of 1 merchants"));

        Lane.AnswerAgain();
        await Eventually.Equal(false, async () => (await Trouble())?.Trouble is true, () => Lane.Fleet.Pass(5));
        Assert.DoesNotContain("SumUp has trouble", await Shell.Does("status"), StringComparison.Ordinal);
        Assert.Equal(0, (await Metrics.Of(Lane.Fleet))["fleet_cloud_trouble"]);
        Assert.Single(Logged("No call shows trouble of SumUp's cloud any more"));
    }

    [Fact]
    public async Task Only_the_chain_is_told_how_many_merchants_there_are()
    {
        await Lane.Start();
        using var chain = new RpcCaller(Lane.Fleet, FleetApp.ChainKey);
        await Eventually.Equal((1, 0), async () => await Trouble(chain) is { } told
            ? (told.Merchants, told.Suspect)
            : default, () => Lane.Fleet.Pass(1));
        var told = await Trouble();
        Assert.Equal((false, 0, 0), (told?.Trouble, told?.Merchants, told?.Suspect));
    }

    private async Task<Proto.CloudTrouble?> Trouble(RpcCaller? caller = null) =>
        (await (caller ?? Caller).Status.GetAsync(new(), (caller ?? Caller).Headers,
            cancellationToken: TestContext.Current.CancellationToken)).Cloud;

    private IEnumerable<string> Logged(string text) =>
        _lines.Where(line => line.Contains(text, StringComparison.Ordinal));
}

using System.Diagnostics.Metrics;
using System.Text.Json;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// Makes a payment again and again over the whole road, as a till does: HTTP, the reader, its device, the outcome. The
/// reader is a virtual one of a sandbox merchant. One node of the cluster does it; when that node is gone, another one
/// makes a new reader and goes on. A node that stops removes its reader, so that none is left without the setting.
/// </summary>
internal sealed class Canary(
    NodeAddresses node, MerchantDirectory merchants, IClusterMembershipService cluster, ILocalSiloDetails here,
    ReaderGrainFactory readers, FleetMeter counters, IMeterFactory meters, IOptions<FleetOptions> options,
    IHostApplicationLifetime life, TimeProvider time, ILogger<Canary> log) : BackgroundService, IHostedLifecycleService
{
    /// <summary>How long one payment may take, with a new reader if one is needed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    /// <summary>How long a node that stops tries to remove the reader.</summary>
    private static readonly TimeSpan RemovedWithin = TimeSpan.FromSeconds(3);

    private readonly CanaryOptions _settings = options.Value.Canary;
    private long _paidAt;
    private CanaryTill? _till;

    /// <summary>1 while a payment is under way, or the reader is removed.</summary>
    private int _busy;

    private volatile bool _stops;

    /// <summary>Whether this node makes the payments: one node does.</summary>
    private bool IsOurs => here.SiloAddress.Equals(cluster.CurrentSnapshot.ActiveNodes().Min());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await life.WaitForStart(stoppingToken)) return;
        meters.Create(FleetMeter.Name).CreateObservableGauge<long>("fleet.canary.last.success.timestamp",
            () => Volatile.Read(ref _paidAt), "s",
            "When the last payment of this node succeeded; 0 before the first one.");
        counters.StartCanary();
        using var direct = new SocketsHttpHandler { UseProxy = false };
        using var http = new HttpClient(direct)
        {
            BaseAddress = _settings.Url is { } url ? new(url) : node.Tills[0], Timeout = Patience,
        };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _settings.Key);
        _till = new(http, _settings.Merchant ?? "", readers);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_settings.Seconds), time);
        do
        {
            if (!IsOurs || _stops || Interlocked.Exchange(ref _busy, 1) is 1) continue;
            await PayOnce(_till, stoppingToken);
            Volatile.Write(ref _busy, 0);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A payment under way needs the reader: its device reports the outcome after the next start.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stops = true;
        if (_till is not { } till || !IsOurs || Interlocked.Exchange(ref _busy, 1) is 1) return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(RemovedWithin);
        try
        {
            await till.RemoveReader(patience.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            log.CanaryStays(e.Message);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PayOnce(CanaryTill till, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        var (since, trouble) = (time.GetTimestamp(), (string?)null);
        try
        {
            // Its merchant may have been made over the API, and there be a live one.
            trouble = merchants.FindMerchant(_settings.Merchant ?? "") is { Rules.Sandbox: true }
                ? await till.Pay(patience.Token)
                : $"{_settings.Merchant} is no sandbox merchant";
        }
        catch (Exception e) when (!stopping.IsCancellationRequested
            && (e is HttpRequestException or JsonException or InvalidOperationException || TransientFailure.Is(e)))
        {
            trouble = e.Message;
        }
        counters.MeasureCanary(trouble is null, time.GetElapsedTime(since));
        if (trouble is null) Volatile.Write(ref _paidAt, time.Now().ToUnixTimeSeconds());
        else log.CanaryFailed(trouble);
    }
}

internal static partial class CanaryLog
{
    [LoggerMessage(3800, LogLevel.Warning, "The payment that proves the road was not made: {Why}")]
    public static partial void CanaryFailed(this ILogger log, string why);

    [LoggerMessage(3801, LogLevel.Warning, "The reader of the canary stays when the node stops: {Why}")]
    public static partial void CanaryStays(this ILogger log, string why);
}

using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>
/// Stores exchanges in batches behind the calls, and deletes them when they are old. No payment depends on an exchange:
/// while the database is away they wait in memory, and what is too much is dropped and counted.
/// </summary>
internal sealed class ExchangeLog : BackgroundService, IExchangeLog, IAsyncDisposable
{
    /// <summary>How often a batch is tried: for ten minutes.</summary>
    public const int MaxTries = 120;

    /// <summary>Old exchanges that are deleted at once, so few that no payment waits long for it.</summary>
    public const int MaxForgotten = 500;

    /// <summary>Between two batches: on SQLite each of them is a flush for which payments wait.</summary>
    public static readonly TimeSpan BatchPause = TimeSpan.FromSeconds(0.25);

    /// <summary>Before a batch is tried again.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    /// <summary>Between two deletions, and while more is left to delete.</summary>
    public static readonly TimeSpan ForgetPause = TimeSpan.FromMinutes(1), ForgetMorePause = TimeSpan.FromSeconds(1);

    private readonly IExchanges _exchanges;
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;
    private readonly FleetMeter _meter;
    private readonly ILogger<ExchangeLog> _log;
    private readonly GroupCommit<CloudExchange, bool> _batches;
    private readonly CancellationTokenSource _ending = new();
    private bool _givesUp;

    public ExchangeLog(
        IExchanges exchanges, IOptions<FleetOptions> options, TimeProvider time, FleetMeter meter,
        ILogger<ExchangeLog> log)
    {
        (_exchanges, _options, _time, _meter, _log) = (exchanges, options.Value, time, meter, log);
        _batches = new(StoreBatch);
    }

    public void AddExchange(CloudExchange exchange)
    {
        try
        {
            _ = _batches.AddItem(exchange);
        }
        catch (LedgerUnavailableException)
        {
            _meter.CountDroppedExchanges(1); // as many wait as may
        }
    }

    /// <summary>Stores what still waits, if the database answers, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _batches.DisposeAsync();
        Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // with a folder they are exported before they are removed: see the room Retention
        if (_options.Retention.ExportFolder is not null) return;
        for (var pause = ForgetPause; ;)
        {
            await Task.Delay(pause, _time, stoppingToken);
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            pause = await ForgetOld(stoppingToken) < MaxForgotten ? ForgetPause : ForgetMorePause;
        }
    }

    private async Task<bool[]> StoreBatch(IReadOnlyList<CloudExchange> batch)
    {
        var isStored = await TryStore(batch, tries: 1);
        for (var tries = 2; !isStored && tries <= MaxTries && await Pause(RetryPause); tries++)
            isStored = await TryStore(batch, tries);
        if (isStored)
        {
            await Pause(BatchPause);
        }
        else
        {
            _meter.CountDroppedExchanges(batch.Count);
            _log.ExchangesDropped(batch.Count);
            _givesUp = _ending.IsCancellationRequested; // the node must not wait for a database that is away
        }
        return [.. batch.Select(_ => isStored)];
    }

    private async Task<bool> TryStore(IReadOnlyList<CloudExchange> batch, int tries)
    {
        if (_givesUp) return false;
        try
        {
            await _exchanges.AddExchanges(batch);
            return true;
        }
        catch (Exception e)
        {
            if (tries == 1) _log.ExchangesWait(batch.Count, e.GetBaseException().Message);
            return false;
        }
    }

    /// <summary>Waits; false when the node ends instead.</summary>
    private async Task<bool> Pause(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _ending.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<int> ForgetOld(CancellationToken cancel)
    {
        try
        {
            var end = _time.Now().AddDays(-_options.Cloud.ExchangeDays);
            return await _exchanges.ForgetExchanges(end, MaxForgotten, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            _log.ForgettingPutOff(e.GetBaseException().Message);
            return 0;
        }
    }
}

internal static partial class ExchangeLines
{
    [LoggerMessage(1800, LogLevel.Warning,
        "{Count} exchanges with SumUp's cloud could not be stored; they wait, and are tried again: {Why}")]
    public static partial void ExchangesWait(this ILogger log, int count, string why);

    [LoggerMessage(1801, LogLevel.Warning, "{Count} exchanges with SumUp's cloud are lost; payments are not.")]
    public static partial void ExchangesDropped(this ILogger log, int count);

    [LoggerMessage(1802, LogLevel.Warning, "Old exchanges could not be deleted; it is tried again: {Why}")]
    public static partial void ForgettingPutOff(this ILogger log, string why);
}

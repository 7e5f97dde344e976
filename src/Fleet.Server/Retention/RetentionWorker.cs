using Fleet.Core;
using Fleet.Core.Retention;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Retention;

/// <summary>Exports and removes what is old, every hour, on one node for all. It is off without a folder.</summary>
internal sealed class RetentionWorker(
    Removal removal, IRetentionRuns runs, IClusterMembershipService cluster, ILocalSiloDetails here,
    IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time, ILogger<RetentionWorker> log)
    : BackgroundService
{
    /// <summary>Between two runs.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>Begun with the node: the work below begins some time later.</summary>
    private readonly PeriodicTimer _timer = new(Period, time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var kind in Enum.GetValues<RetentionKind>()) meter.StartRetention(kind);
        if (options.Value.Retention.ExportFolder is null) return;
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            if (!IsOurs()) continue;
            foreach (var kind in Enum.GetValues<RetentionKind>())
                if (options.Value.DaysOf(kind) is { } days) await RunKind(kind, days, stoppingToken);
        }
    }

    /// <summary>Whether this node does it: one node does it for all.</summary>
    private bool IsOurs() => here.SiloAddress.Equals(cluster.CurrentSnapshot.ActiveNodes().Min());

    private async Task RunKind(RetentionKind kind, int days, CancellationToken cancel)
    {
        var (exported, removed, problem) = (0L, 0L, (string?)null);
        try
        {
            var end = RetentionRules.FindEnd(days, time.Now());
            for (DateOnly? from = DateOnly.MinValue; from is { } day && IsOurs();)
            {
                var part = await removal.RemovePart(kind, day, end, cancel);
                (exported, removed, from) = (exported + part.Exported, removed + part.Removed, part.Next);
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            problem = e.GetBaseException().Message;
            log.RetentionFailed(kind.ToWireName(), problem);
        }
        meter.CountRetentionRun(kind, problem is null ? "done" : "failed");
        await NoteRun(kind, new(time.Now(), options.Value.Node, exported, removed, problem), cancel);
    }

    private async Task NoteRun(RetentionKind kind, RetentionRun run, CancellationToken cancel)
    {
        try
        {
            await runs.NoteRun(kind, run);
        }
        catch (LedgerUnavailableException e) when (!cancel.IsCancellationRequested)
        {
            log.RetentionFailed(kind.ToWireName(), e.GetBaseException().Message);
        }
    }
}

internal static partial class RetentionLines
{
    [LoggerMessage(3100, LogLevel.Warning, "Old {Kind} could not be exported and removed; it is tried again: {Why}")]
    public static partial void RetentionFailed(this ILogger log, string kind, string why);
}

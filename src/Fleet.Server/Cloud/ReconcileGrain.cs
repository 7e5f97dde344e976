using Fleet.Core.Cloud;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Fleet.Server.Cloud;

/// <summary>Compares the payments of one merchant on one day with SumUp's history, one comparison at a time.</summary>
[Reentrant, PreferLocalPlacement]
internal sealed class ReconcileGrain(
    [PersistentState("reconcile")] IPersistentState<ReconcileRecord> record, ITransactions ledger,
    ReaderGrainFactory readers, ReconcileMeter meter, TimeProvider time, ILogger<ReconcileGrain> log)
    : Grain, IReconcileGrain
{
    /// <summary>How long a caller waits for the result.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);

    /// <summary>The pause after a comparison that could not be completed, before it is begun again by itself.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMinutes(10);

    /// <summary>How long this activation stays after it has read a page.</summary>
    private static readonly TimeSpan StayFor = TimeSpan.FromMinutes(5);

    /// <summary>Pages after which the progress is saved.</summary>
    private const int PagesPerSave = 10;

    private Task<DayReport>? _run;
    private ReconcileProgress? _progress;

    private string Merchant => this.GetPrimaryKeyString().Split('/')[0];

    private CloudDay Day => field ??= CloudDay.Parse(this.GetPrimaryKeyString().Split('/')[^1])
        ?? throw new InvalidOperationException("The key of the grain names no day.");

    private ICloudAccountGrain Account => GrainFactory.GetGrain<ICloudAccountGrain>(Merchant);

    private DayReport Last => record.State.Report ?? new();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (record.State.IsInterrupted) Begin();
        return Task.CompletedTask;
    }

    public async Task<DayReport> RunDay()
    {
        try
        {
            return await Begin().WaitAsync(AnswerWithin, time);
        }
        catch (TimeoutException)
        {
            return await GetDay();
        }
    }

    public Task<DayReport> GetDay() => Task.FromResult(_run is { IsCompleted: false }
        ? new()
        {
            State = DayState.Running, StartedAt = _progress?.StartedAt,
            TransactionsRead = _progress?.Theirs.Count ?? 0,
        }
        : Last);

    public Task<bool> EnsureDay()
    {
        if (_run is { IsCompleted: false }) return Task.FromResult(false);
        meter.NoteDifferences(Merchant, Day, Last); // its node may have died before that was written
        if (Last is { IsComplete: true }) return Task.FromResult(true);
        if (Last.FinishedAt is not { } tried || time.Now() - tried >= RetryPause) Begin();
        return Task.FromResult(false);
    }

    private Task<DayReport> Begin() => _run is { IsCompleted: false } ? _run : _run = Run();

    private async Task<DayReport> Run()
    {
        var progress = _progress = ReconcileProgress.GoOn(record.State.Progress, time.Now());
        DayReport report;
        try
        {
            var comparison = new DayComparison(Merchant, Day, ledger, readers, Account, time);
            report = await ReadHistory(progress) ?? await comparison.Compare(progress.Theirs);
        }
        catch (Exception e)
        {
            log.ComparisonFailed(Merchant, $"{Day}", e.GetBaseException().Message);
            report = progress.Fail("Fleet could not finish it; the log of the node says why.");
        }
        report = progress.Finish(report, Day, time.Now());
        await record.SaveState(new() { Report = report, Progress = progress.IsWhole ? null : progress });
        meter.CountRun(report);
        meter.NoteDifferences(Merchant, Day, report);
        return report;
    }

    /// <summary>Reads the pages that are left; null when all are read, or else why not.</summary>
    private async Task<DayReport?> ReadHistory(ReconcileProgress progress)
    {
        if (!await Account.IsLinked()) return progress.Fail("The merchant is not linked with SumUp.");
        while (!progress.IsWhole)
        {
            DelayDeactivation(StayFor);
            var page = await Account.ListHistory(Day.ReadFrom, Day.ReadTo, progress.Next);
            if (page is null) return progress.Fail("SumUp's history could not be read.");
            if (progress.AddPage(page) is { } problem) return progress.Fail(problem);
            if (progress.Pages % PagesPerSave == 0 && !progress.IsWhole)
                await record.SaveState(record.State with { Progress = progress.Copy() });
        }
        return null;
    }
}

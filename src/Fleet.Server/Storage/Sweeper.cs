using Fleet.Server.Readers;

namespace Fleet.Server.Storage;

/// <summary>
/// Ends what is overdue on readers nobody asks about, so that no outcome waits for a caller. Nothing depends on it
/// being on time: every decision compares the stored end of the window with the clock itself.
/// </summary>
internal sealed class Sweeper(
    ILedger ledger, ReaderGrains readers, TimeProvider time, ILogger<Sweeper> log) : BackgroundService
{
    /// <summary>How late an expiry may be on a quiet reader.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Readers per round.</summary>
    private const int MaxReaders = 500;

    /// <summary>Rounds between two looks at old idempotency keys.</summary>
    private const int RoundsPerKeySweep = 600;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (var round = 0; await timer.WaitForNextTickAsync(stoppingToken); round = (round + 1) % RoundsPerKeySweep)
        {
            try
            {
                var overdue = await ledger.Overdue(time.Now(), MaxReaders, stoppingToken);
                await Task.WhenAll(overdue.Select(id => readers[id].Expire()));
                if (round == 0) await ledger.ForgetOldKeys(time.Now(), stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.SweepFailed(e); // the next round tries again
            }
        }
    }
}

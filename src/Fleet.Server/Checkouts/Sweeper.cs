using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Ends what is overdue on readers nobody asks about, so that no outcome waits for a caller. Nothing depends on it
/// being on time: every decision compares the stored end of the window with the clock itself. Forgets what is too old.
/// </summary>
internal sealed class Sweeper(
    ILedger ledger, IDeliveries deliveries, ReaderGrainFactory readers, IOptions<FleetOptions> options,
    TimeProvider time,
    StorageDamage damage, ILogger<Sweeper> log) : BackgroundService
{
    /// <summary>How late an expiry may be on a quiet reader.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Readers per round.</summary>
    private const int MaxReaders = 500;

    /// <summary>Rounds between two looks at old idempotency keys.</summary>
    private const int RoundsPerKeySweep = 600;

    /// <summary>
    /// Old webhooks deleted per round, of those that were delivered and of the dead: what 500 payments a second leave
    /// behind, and so few that no payment waits long for it.
    /// </summary>
    private const int MaxForgotten = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (var round = 0; await timer.WaitForNextTickAsync(stoppingToken); round = (round + 1) % RoundsPerKeySweep)
        {
            await Task.Yield(); // SQLite works where it is called: not in the timer's thread
            try
            {
                var overdue = await ledger.ListOverdue(time.Now(), MaxReaders, stoppingToken);
                await Task.WhenAll(overdue.Select(id => readers[id].ExpireCheckout()));
                await ForgetOldWebhooks(stoppingToken);
                if (round == 0) await ledger.ForgetOldKeys(time.Now(), stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailure(e); // the next round tries again, also when Orleans gave a call up by itself
            }
        }
    }

    /// <summary>A database that is away, or damaged, fails every round the same way: a line says it.</summary>
    private void LogFailure(Exception failure)
    {
        damage.NoteFailure(failure);
        if (TransientFailure.Is(failure)) log.SweepPutOff(failure.GetBaseException().Message);
        else log.SweepFailed(failure);
    }

    private Task<int> ForgetOldWebhooks(CancellationToken cancel)
    {
        var (now, settings) = (time.Now(), options.Value.Webhooks);
        return deliveries.ForgetDeliveries(
            now.AddDays(-settings.DeliveredDays), now.AddDays(-settings.DeadDays), MaxForgotten, cancel);
    }
}

using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Ends overdue checkouts on readers that get no calls, so that their outcome does not wait for the next call. Nothing
/// depends on its punctuality: every decision compares the saved end of the window with the clock itself. It also
/// deletes what is too old.
/// </summary>
internal sealed class Sweeper(
    ILedger ledger, IDeliveries deliveries, ReaderGrainFactory readers, IOptions<FleetOptions> options,
    TimeProvider time, StorageDamage damage, ILogger<Sweeper> log) : BackgroundService
{
    /// <summary>How late an expiry may be on a reader without calls.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Readers per round.</summary>
    private const int MaxReaders = 500;

    /// <summary>
    /// How many rounds there are between two reminders of checkouts in SumUp's cloud. A reader whose link with it was
    /// on a node that is gone begins another one then.
    /// </summary>
    private const int RoundsPerReminder = 10;

    /// <summary>How old a checkout is that is reminded of.</summary>
    private static readonly TimeSpan RemindFrom = TimeSpan.FromSeconds(10);

    /// <summary>How many rounds there are between two deletions of old idempotency keys.</summary>
    private const int RoundsPerKeySweep = 600;

    /// <summary>
    /// How many old webhooks are deleted per round, delivered and dead ones each: as many as 500 payments a second
    /// create, and so few that no payment waits long for it.
    /// </summary>
    private const int MaxForgotten = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        for (var round = 0; await timer.WaitForNextTickAsync(stoppingToken); round = (round + 1) % RoundsPerKeySweep)
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            try
            {
                var overdue = await ledger.ListOverdue(time.Now(), MaxReaders, stoppingToken);
                if (round % RoundsPerReminder == 0)
                    overdue = [.. overdue, .. await ListInCloud(stoppingToken)];
                await Task.WhenAll(overdue.Select(id => readers[id].ExpireCheckout()));
                // with a folder they are exported before they are removed: see the room Retention
                if (options.Value.Retention.ExportFolder is null) await ForgetOldWebhooks(stoppingToken);
                if (round == 0) await ledger.ForgetOldKeys(time.Now(), stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailure(e); // the next round tries again, also when Orleans cancelled a call
            }
        }
    }

    private Task<IReadOnlyList<string>> ListInCloud(CancellationToken cancel) =>
        ledger.ListInCloud(time.Now() + ReaderRules.Window - RemindFrom, MaxReaders, cancel);

    /// <summary>When a database is down or damaged, every round fails in the same way, so one line is logged.</summary>
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

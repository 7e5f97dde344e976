using Fleet.Core.Incidents;
using Fleet.Server.Grains;
using Fleet.Server.Incidents;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Looks regularly for payments and hosts that need an incident and have none, and ends incidents whose reason is over.
/// All nodes do it: what one of them did is not done again.
/// </summary>
internal sealed class IncidentSweeper(
    IIncidents incidents, ITransactions transactions, IGrainFactory grains, IOptions<FleetOptions> options,
    TimeProvider time, ILogger<IncidentSweeper> log) : BackgroundService
{
    /// <summary>How late a begin or an end may be noticed.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>How long ago a delivery may have been given up that a round looks for.</summary>
    private static readonly TimeSpan GivenUpWithin = TimeSpan.FromHours(1);

    /// <summary>Checkouts, events of the outbox, and old incidents of one round.</summary>
    private const int MaxNew = 500;

    /// <summary>
    /// Open incidents that a round looks at. When there are more, the next round goes on where this one ended.
    /// </summary>
    private const int MaxOpen = 500;

    private Guid? _last;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            try
            {
                await OpenMissing(stoppingToken);
                await EndOver(stoppingToken);
                if (options.Value.Retention.ExportFolder is not null) continue; // they are exported before that
                await incidents.ForgetResolved(
                    time.Now().AddDays(-options.Value.Incidents.ResolvedDays), MaxNew, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.IncidentSweepPutOff(e.GetBaseException().Message); // the next round tries again
            }
        }
    }

    private async Task OpenMissing(CancellationToken cancel)
    {
        var now = time.Now();
        foreach (var overlong in await incidents.ListOverlong(now - IncidentRules.UnknownAfter, MaxNew, cancel))
            if (Occurrence.FromUnknown(overlong, now) is { } unknown) await incidents.NoteOccurrence(unknown, now);
        foreach (var host in await incidents.ListGivenUpHosts(now - GivenUpWithin, now, MaxNew, cancel))
            await incidents.NoteOccurrence(host, now);
    }

    private async Task EndOver(CancellationToken cancel)
    {
        var page = await incidents.ListIncidents(new(MaxOpen) { IsOpen = true, Before = _last }, cancel);
        _last = page.Count == MaxOpen ? page[^1].Id : null;
        foreach (var open in page)
        {
            if (!await IsOver(open, cancel)) continue;
            var (next, _) = IncidentRules.Resolve(open, IncidentRules.Ended, IncidentRules.Fleet, time.Now());
            await incidents.SaveIncident(next); // if a person changed it meanwhile, the next round ends it
        }
    }

    private async Task<bool> IsOver(Incident open, CancellationToken cancel) => open switch
    {
        { Kind: IncidentKind.UnknownOutcome or IncidentKind.RefundUnknown, Subject.CheckoutId: { } id } =>
            IncidentRules.IsOver(open.Kind, await transactions.FindById(id, cancel)),
        { Kind: IncidentKind.ReaderStuck } => await incidents.WasTaken(open, cancel),
        { Kind: IncidentKind.ReaderFlapping } => time.Now() - open.LastSeenAt >= IncidentRules.SteadyFor,
        { Kind: IncidentKind.WebhookHostGivenUp } => await incidents.WasDelivered(open, time.Now(), cancel),
        { Kind: IncidentKind.ReconcileDifference, Subject: { Day: { } day, MerchantCode: var merchant } } =>
            await grains.GetGrain<IReconcileGrain>($"{merchant}/{day}").GetDay()
                is { IsComplete: true, Counts.Count: 0 },
        _ => false,
    };
}

using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Checkouts;

/// <summary>Metrics of checkouts.</summary>
internal static class CheckoutMeasures
{
    /// <summary>Counts events that were just committed.</summary>
    /// <param name="meter">What counts.</param>
    /// <param name="events">The events of one reader.</param>
    /// <param name="before">Its latest checkout before them.</param>
    public static void CountEvents(this FleetMeter meter, ImmutableArray<ReaderEvent> events, Checkout? before)
    {
        foreach (var happened in events)
        {
            var checkout = happened.Checkout;
            var sinceAccepted = (checkout.UpdatedAt - checkout.AcceptedAt).TotalSeconds;
            if (happened.Kind is EventKind.Accepted) meter.CountAccepted();
            if (happened is { Kind: EventKind.Started, Checkout.Cloud: null }) meter.MeasurePrompt(sinceAccepted);
            if (happened.Kind is EventKind.Disputed) meter.CountDisputed();
            if (happened is { Kind: EventKind.Doubted, Checkout.Cloud.Doubt: { } doubt }) meter.CountDoubted(doubt);
            if (before is { IsUnknown: true, Cloud.DoubtSince: { } since } && before.Id == checkout.Id
                && !checkout.IsUnknown)
                meter.MeasureSettled(SettledBy(happened), checkout.UpdatedAt - since);
            if (happened.IsEnd)
                meter.MeasureOutcome(checkout.State.ToWireName(), checkout.Reason?.ToWireName() ?? "none",
                    sinceAccepted);
        }
    }

    private static string SettledBy(ReaderEvent happened) =>
        Actors.DetermineActor(happened.Kind, happened.Checkout.Reason, true, happened.Checkout.Record is not null)
            switch
        {
            Actor.Operator => "operator",
            Actor.Fleet => "fleet",
            _ => "cloud",
        };

    /// <summary>Commits a group, and measures it.</summary>
    public static async Task<AppendOutcome[]> MeasureCommit(
        this FleetMeter meter, IReadOnlyList<LedgerAppend> group,
        Func<IReadOnlyList<LedgerAppend>, Task<AppendOutcome[]>> commit)
    {
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            var outcomes = await commit(group);
            meter.MeasureCommit(TimeProvider.System.GetElapsedTime(begun), group.Count,
                outcomes.Count(one => one is AppendOutcome.Stale));
            return outcomes;
        }
        catch
        {
            meter.CountFailedCommit();
            throw;
        }
    }
}

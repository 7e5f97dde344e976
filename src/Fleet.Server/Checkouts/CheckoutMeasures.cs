using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Checkouts;

/// <summary>Metrics of checkouts.</summary>
internal static class CheckoutMeasures
{
    /// <summary>Counts events that were just committed.</summary>
    public static void CountEvents(this FleetMeter meter, ImmutableArray<ReaderEvent> events)
    {
        foreach (var happened in events)
        {
            var checkout = happened.Checkout;
            var sinceAccepted = (checkout.UpdatedAt - checkout.AcceptedAt).TotalSeconds;
            if (happened.Kind is EventKind.Accepted) meter.CountAccepted();
            if (happened is { Kind: EventKind.Started, Checkout.Cloud: null }) meter.MeasurePrompt(sinceAccepted);
            if (happened.Kind is EventKind.Disputed) meter.CountDisputed();
            if (happened.IsEnd)
                meter.MeasureOutcome(checkout.State.ToWireName(), checkout.Reason?.ToWireName() ?? "none",
                    sinceAccepted);
        }
    }

    /// <summary>Commits a group, and measures it.</summary>
    public static async Task<AppendOutcome[]> MeasureCommit(
        this FleetMeter meter, IReadOnlyList<LedgerAppend> group,
        Func<IReadOnlyList<LedgerAppend>, Task<AppendOutcome[]>> commit)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var outcomes = await commit(group);
        meter.MeasureCommit(
            TimeProvider.System.GetElapsedTime(begun), group.Count, outcomes.Count(one => one is AppendOutcome.Stale));
        return outcomes;
    }
}

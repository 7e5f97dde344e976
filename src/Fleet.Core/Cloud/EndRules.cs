using Fleet.Core.Checkouts;
using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>
/// Chooses the reason why nothing was charged. The cloud tells it in free text, or not at all; the reason is for the
/// clerk, and no money depends on it.
/// </summary>
internal static class EndRules
{
    private static readonly (string Part, Reason Reason)[] Words =
    [
        ("wrong pin", Reason.WrongPin),
        ("pin tries", Reason.WrongPin),
        ("invalid pin", Reason.WrongPin),
        ("incorrect pin", Reason.WrongPin),
        ("card removed", Reason.CardRemoved),
        ("removed too early", Reason.CardRemoved),
        ("timeout", Reason.NoCardInTime),
        ("timed out", Reason.NoCardInTime),
        ("no card", Reason.NoCardInTime),
        ("terminat", Reason.Terminated),
        ("cancel", Reason.CustomerCancelled),
        ("abort", Reason.CustomerCancelled),
    ];

    /// <summary>The end of a payment that was not charged, as a device would report it.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="findings">What was read of it; at least one says that it ended.</param>
    public static DeviceReport DescribeEnd(Checkout checkout, IReadOnlyList<CloudFinding> findings)
    {
        var ended = findings.Where(finding => finding.Ended).ToList();
        var card = findings.Select(finding => finding.Card).FirstOrDefault(one => one is not null);
        var reason = ended.Select(finding => ReadReason(finding.FailureReason)).FirstOrDefault(one => one is not null)
            ?? GuessReason(ended, findings);
        if (checkout.TerminateRequested && reason is Reason.CustomerCancelled or Reason.NoCardInTime)
            reason = Reason.Terminated;
        return new(OutcomeOf(reason), reason, Card: card);
    }

    private static Reason? ReadReason(string? text)
    {
        foreach (var (part, reason) in Words)
            if (text?.Replace('_', ' ').Contains(part, StringComparison.OrdinalIgnoreCase) is true) return reason;
        return string.IsNullOrWhiteSpace(text) ? null : Reason.Declined;
    }

    /// <summary>The reason where there is no text: without a transaction no card was presented.</summary>
    private static Reason GuessReason(List<CloudFinding> ended, IReadOnlyList<CloudFinding> findings)
    {
        var transactions = findings.Where(finding => finding.Source is not CloudSource.Checkout).ToList();
        if (transactions.Count > 0 && transactions.TrueForAll(finding => finding.Result is ReadResult.NotFound))
            return Reason.NoCardInTime;
        return ended.TrueForAll(finding => finding.Status is CloudStatus.Cancelled)
            ? Reason.CustomerCancelled
            : Reason.Declined;
    }

    private static CheckoutState OutcomeOf(Reason reason) =>
        reason is Reason.Declined or Reason.WrongPin or Reason.CardRemoved
            ? CheckoutState.Failed
            : CheckoutState.Cancelled;
}

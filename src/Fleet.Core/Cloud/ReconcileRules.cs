using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;

namespace Fleet.Core.Cloud;

/// <summary>
/// Compares the ledger with the cloud's history. Nothing is changed by it: the same two lists have the same
/// differences, however often and in whatever order they are compared.
/// </summary>
public static class ReconcileRules
{
    /// <summary>The differences for one merchant and one day, oldest first.</summary>
    /// <param name="ours">The checkouts of the day. Those that the cloud did not carry out are left out.</param>
    /// <param name="theirs">
    /// The cloud's transactions. They should begin somewhat before the day and end after it, because the two sides have
    /// different clocks; then those that are only theirs need a look at their time.
    /// </param>
    public static IReadOnlyList<Difference> Compare(
        IReadOnlyList<Checkout> ours, IReadOnlyList<CloudTransaction> theirs)
    {
        var left = theirs.ToHashSet();
        var differences = new List<Difference>();
        var sent = ours.Where(one => one.Cloud is not null).DistinctBy(one => one.Id).OrderBy(one => one.Id);
        foreach (var checkout in sent)
        {
            var match = FindMatch(checkout, left);
            // What failed before is no difference: the customer may have tried more than one card.
            left.RemoveWhere(one => one == match || (!one.Charged && one.IsPaymentOf(checkout)));
            differences.AddRange(ComparePayment(checkout, match).Select(kind => new Difference(kind, checkout, match)));
        }
        differences.AddRange(left.Where(one => one.Charged)
            .Select(one => new Difference(DifferenceKind.TheirsOnly, null, one)));
        return
        [
            .. differences.OrderBy(TimeOf).ThenBy(one => one.Kind)
                .ThenBy(one => one.Ours?.Id).ThenBy(one => one.Theirs?.Ids.TransactionCode, StringComparer.Ordinal),
        ];
    }

    /// <summary>The payment of a checkout: the first charge if there is one, and else the newest attempt.</summary>
    private static CloudTransaction? FindMatch(Checkout checkout, IEnumerable<CloudTransaction> theirs)
    {
        var matches = theirs.Where(one => one.IsPaymentOf(checkout)).OrderBy(one => one.At)
            .ThenBy(one => one.Ids.TransactionCode, StringComparer.Ordinal).ToList();
        return matches.Find(one => one.Charged) ?? matches.LastOrDefault();
    }

    private static IEnumerable<DifferenceKind> ComparePayment(Checkout ours, CloudTransaction? theirs)
    {
        var charged = ours.State is CheckoutState.Successful;
        if (theirs is null) return charged ? [DifferenceKind.OursOnly] : [];
        if (theirs.Status is CloudStatus.Pending or CloudStatus.Unknown) return [];
        if (ours.IsOpen || charged != theirs.Charged) return [DifferenceKind.StatusDiffers];
        return charged ? CompareCharge(ours, theirs) : [];
    }

    private static IEnumerable<DifferenceKind> CompareCharge(Checkout ours, CloudTransaction theirs)
    {
        var amount = theirs.Amount.Value - (theirs.Tip ?? ours.Tip);
        if (theirs.Amount with { Value = amount } != ours.Terms.Amount) yield return DifferenceKind.AmountDiffers;
        if (theirs.Tip is { } tip && tip != ours.Tip) yield return DifferenceKind.TipDiffers;
        if (theirs.Refunded is { } refunded && refunded != ours.RefundedAmount())
            yield return DifferenceKind.RefundDiffers;
    }

    private static DateTimeOffset TimeOf(Difference one) => one switch
    {
        { Theirs: { } theirs } => theirs.At,
        { Ours: { } ours } => ours.OccurredAt(),
        _ => default,
    };
}

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
        IReadOnlyList<Checkout> ours, IReadOnlyList<CloudTransaction> theirs) =>
        ListDifferences(MatchPayments(ours, theirs));

    /// <summary>
    /// Each checkout that the cloud carried out with its transaction, then the charges that are left, in any order.
    /// </summary>
    /// <param name="ours">The checkouts.</param>
    /// <param name="theirs">The cloud's transactions.</param>
    public static IReadOnlyList<PaymentPair> MatchPayments(
        IReadOnlyList<Checkout> ours, IReadOnlyList<CloudTransaction> theirs)
    {
        var left = theirs.ToHashSet();
        var pairs = new List<PaymentPair>();
        var sent = ours.Where(one => one.Cloud is not null).DistinctBy(one => one.Id).OrderBy(one => one.Id);
        var byId = IndexIds(left);
        foreach (var checkout in sent)
        {
            var mine = FindAll(checkout, byId).Where(left.Contains).ToList();
            var match = ChooseMatch(mine);
            // What failed before is no difference: the customer may have tried more than one card.
            foreach (var one in mine.Where(one => one == match || !one.Charged)) left.Remove(one);
            pairs.Add(new(checkout, match));
        }
        pairs.AddRange(left.Where(one => one.Charged).Select(one => new PaymentPair(null, one)));
        return pairs;
    }

    /// <summary>The differences of pairs, oldest first.</summary>
    public static IReadOnlyList<Difference> ListDifferences(IEnumerable<PaymentPair> pairs) =>
    [
        .. pairs.SelectMany(DifferencesOf).OrderBy(TimeOf).ThenBy(one => one.Kind)
            .ThenBy(one => one.Ours?.Id).ThenBy(one => one.Theirs?.Ids.TransactionCode, StringComparer.Ordinal),
    ];

    private static IEnumerable<Difference> DifferencesOf(PaymentPair pair) => pair switch
    {
        { Ours: { } ours } => ComparePayment(ours, pair.Theirs).Select(kind => new Difference(kind, ours, pair.Theirs)),
        _ => [new(DifferenceKind.TheirsOnly, null, pair.Theirs)],
    };

    /// <summary>The transactions by each of their ids: a day has too many to compare each with each.</summary>
    private static ILookup<string, CloudTransaction> IndexIds(IEnumerable<CloudTransaction> theirs) => theirs
        .SelectMany(one => IdsOf(one.Ids, one.ForeignId).Select(id => (id, one)))
        .ToLookup(entry => entry.id, entry => entry.one);

    private static IEnumerable<string> IdsOf(CloudIds ids, string? foreignId) =>
        new[] { ids.TransactionCode, ids.ClientTransactionId, ids.CheckoutId, foreignId }.OfType<string>();

    private static IEnumerable<CloudTransaction> FindAll(Checkout checkout, ILookup<string, CloudTransaction> byId) =>
        checkout.Cloud is { } attempt
            ? IdsOf(attempt.Ids, attempt.ForeignId).SelectMany(id => byId[id]).Distinct()
                .Where(one => one.IsPaymentOf(checkout))
            : [];

    /// <summary>The payment of a checkout: the first charge if there is one, and else the newest attempt.</summary>
    private static CloudTransaction? ChooseMatch(IEnumerable<CloudTransaction> mine)
    {
        var matches = mine.OrderBy(one => one.At)
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
        var amount = theirs.Amount.Value - (theirs.Tip ?? ours.ChosenTip);
        if (theirs.Amount with { Value = amount } != ours.Terms.Charge) yield return DifferenceKind.AmountDiffers;
        if (theirs.Tip is { } tip && tip != ours.ChosenTip) yield return DifferenceKind.TipDiffers;
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

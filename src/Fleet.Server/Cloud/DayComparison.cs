using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Compares the cloud's payments of a day with the ledger. A charge that the ledger lacks is given to its reader as
/// evidence, so that it is stored with the checkout; nothing else is changed.
/// </summary>
internal sealed class DayComparison(
    string merchantCode, CloudDay day, ITransactions ledger, ReaderGrainFactory readers, ICloudAccountGrain account,
    TimeProvider time)
{
    /// <summary>Differences that are kept; all are counted.</summary>
    public const int MaxKept = 500;

    /// <summary>Checkouts of the ledger that are read at once.</summary>
    private const int PageSize = 500;

    /// <summary>Checkouts that are compared, and among them those that have started and go on.</summary>
    private const int MaxOurs = 20_000, MaxStarted = 10_000;

    private const string TooMany = "There are more checkouts than can be compared.";

    /// <summary>Payments that are looked up one by one, because only one side has them.</summary>
    private const int MaxLookUps = 100;

    /// <summary>The result.</summary>
    /// <param name="theirs">The cloud's payments of the day, and of the hours around it.</param>
    public async Task<DayReport> Compare(IReadOnlyList<CloudTransaction> theirs)
    {
        var (ours, known) = (await ListOurs(), theirs.ToList());
        if (ours.Count > MaxOurs) return new() { State = DayState.Done, Problem = TooMany };
        var pairs = ReconcileRules.MatchPayments(ours, known);
        if (await LookUp(pairs, ours, known)) pairs = ReconcileRules.MatchPayments(ours, known);
        if (await GiveEvidence(pairs, ours)) pairs = ReconcileRules.MatchPayments(ours, known);
        var today = pairs.Where(day.Contains).ToList();
        var differences = ReconcileRules.ListDifferences(today);
        return new()
        {
            State = DayState.Done,
            TransactionsRead = theirs.Count,
            Counts =
            [
                .. differences.GroupBy(one => one.Kind).OrderBy(group => group.Key)
                    .Select(group => new DifferenceCount(group.Key, group.Count())),
            ],
            Differences = [.. differences.Take(MaxKept).Select(ToLine)],
            Sums = CloudDay.SumUp(today),
        };
    }

    private async Task<List<Checkout>> ListOurs()
    {
        var started = await ledger.ListStarted(merchantCode, MaxStarted, CancellationToken.None);
        var ours = started.Where(one => one.AcceptedAt < day.ReadTo).ToList();
        var query = new HistoryQuery
        {
            Limit = PageSize,
            After = HistoryKey.BeforeTime(day.ReadFrom),
            Until = HistoryKey.BeforeTime(day.ReadTo),
            Kinds = [HistoryKind.Payment],
        };
        while (ours.Count <= MaxOurs
            && await ledger.ListHistory(merchantCode, query, CancellationToken.None) is { Count: > 0 } page)
        {
            ours.AddRange(page.Select(entry => entry.Checkout).Where(one => one.Cloud is not null));
            query = query with { After = page[^1].Ref };
        }
        return ours;
    }

    /// <summary>
    /// Looks up what only one side has: the history may leave it out, or have it hours before or after, and it does not
    /// tell our reference.
    /// </summary>
    private async Task<bool> LookUp(
        IReadOnlyList<PaymentPair> pairs, List<Checkout> ours, List<CloudTransaction> theirs)
    {
        var found = false;
        var alone = pairs.Where(day.Contains).Where(pair =>
            pair is { Ours: null } or { Ours.State: CheckoutState.Successful, Theirs: null });
        foreach (var pair in alone.Take(MaxLookUps))
            found |= pair.Theirs is { } only
                ? await FindOurs(only, ours, theirs)
                : pair.Ours?.Cloud is { } attempt && await FindTheirs(attempt, theirs);
        return found;
    }

    private async Task<bool> FindTheirs(CloudAttempt attempt, List<CloudTransaction> theirs)
    {
        if (await account.FindPayment(attempt.Ids, attempt.ForeignId) is not { } payment) return false;
        theirs.Add(payment);
        return true;
    }

    private async Task<bool> FindOurs(CloudTransaction only, List<Checkout> ours, List<CloudTransaction> theirs)
    {
        var read = only.ForeignId is null ? await account.FindPayment(only.Ids, null) : only;
        if (CloudAttempt.CheckoutOf(read?.ForeignId) is not { } id
            || await ledger.FindById(id, CancellationToken.None) is not { } checkout
            || checkout.MerchantCode != merchantCode) return false;
        ours.Add(checkout);
        theirs.Remove(only);
        theirs.Add(only with { ForeignId = read?.ForeignId });
        return true;
    }

    private async Task<bool> GiveEvidence(IReadOnlyList<PaymentPair> pairs, List<Checkout> ours)
    {
        var given = false;
        foreach (var pair in pairs.Where(pair => pair.IsLateCharge))
        {
            if (pair is not { Ours: { } checkout, Theirs: { } charge }) continue;
            var finding = new CloudFinding(CloudSource.History, ReadResult.Found, time.Now())
            {
                Status = charge.Status, Amount = charge.Amount, Tip = charge.Tip, Ids = charge.Ids,
            };
            var after = await Failover.CallWithRetry(
                () => readers[checkout.ReaderId].TakeReads(checkout.Id, new([finding])), CancellationToken.None);
            if (after is null) continue;
            ours[ours.FindIndex(one => one.Id == checkout.Id)] = after;
            given = true;
        }
        return given;
    }

    private static DifferenceLine ToLine(Difference one) => new()
    {
        Kind = one.Kind,
        At = new PaymentPair(one.Ours, one.Theirs).At,
        CheckoutId = one.Ours?.Id,
        ReaderId = one.Ours?.ReaderId,
        Disputed = one.Ours?.Disputed is true,
        Ours = one.Ours is { } ours
            ? new(ours.State.ToWireName(), ours.Terms.Amount with { Value = ours.TotalAmount() }, ours.Tip,
                ours.RefundedAmount())
            : null,
        Theirs = one.Theirs is { } theirs
            ? new(theirs.Status.ToWireName(), theirs.Amount, theirs.Tip, theirs.Refunded)
            : null,
        TransactionCode = one.Theirs?.Ids.TransactionCode ?? one.Ours?.Cloud?.TransactionCode,
        ClientTransactionId = one.Theirs?.Ids.ClientTransactionId ?? one.Ours?.Cloud?.ClientTransactionId,
    };
}

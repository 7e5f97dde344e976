using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reads what the cloud knows of an attempt. A payment that goes on costs one request. At its end one more is needed,
/// because only the transaction has the tip and the card.
/// </summary>
internal sealed class AttemptReader(CloudClient client, TimeProvider time)
{
    /// <summary>Pages of the history that are searched for one payment.</summary>
    private const int MaxPages = 3;

    /// <summary>The history is searched from somewhat before the attempt, because the clocks differ.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Reads the checkout, and its transaction when the checkout is over or not known to the cloud. A thorough read
    /// asks all that may know of the attempt.
    /// </summary>
    public Task<CloudReads> Read(
        Checkout checkout, CloudAttempt attempt, ReadNeed need, CancellationToken cancel) => need switch
        {
            ReadNeed.Thorough => ReadAll(checkout, attempt, cancel),
            ReadNeed.Early => ReadOnce(checkout, attempt, CloudPurpose.EarlyRead, cancel),
            ReadNeed.Result => ReadOnce(checkout, attempt, CloudPurpose.ReadResult, cancel),
            _ => ReadOnce(checkout, attempt, CloudPurpose.Read, cancel),
        };

    private async Task<CloudReads> ReadOnce(
        Checkout checkout, CloudAttempt attempt, CloudPurpose purpose, CancellationToken cancel)
    {
        var findings = new List<CloudFinding>();
        if (await ReadCheckout(checkout, attempt, purpose, cancel) is { } known)
        {
            findings.Add(known);
            // after a hint the transaction may know more than the checkout
            var goesOn = purpose is not CloudPurpose.ReadResult
                && known is { Result: ReadResult.Found, Ended: false, Charged: false };
            if (goesOn || known.Result is ReadResult.Failed) return new(findings);
            purpose = CloudPurpose.ReadResult;
        }
        findings.Add(await ReadTransaction(checkout, attempt, purpose, cancel));
        return new(findings);
    }

    private async Task<CloudReads> ReadAll(Checkout checkout, CloudAttempt attempt, CancellationToken cancel)
    {
        var findings = new List<CloudFinding>();
        if (await ReadCheckout(checkout, attempt, CloudPurpose.Read, cancel) is { } known) findings.Add(known);
        findings.Add(await ReadTransaction(checkout, attempt, CloudPurpose.Read, cancel));
        if (findings[^1].Result is ReadResult.NotFound
            && await SearchHistory(checkout, attempt, cancel) is { } searched)
            findings.Add(searched);
        var at = time.Now();
        return new(findings, (await client.ReadStatus(attempt.ReaderId, checkout.Id, cancel)).ToStatus(at));
    }

    /// <summary>Reads what the cloud has given back of a payment.</summary>
    public async Task<RefundRead> ReadRefunds(Checkout checkout, CloudAttempt attempt, CancellationToken cancel)
    {
        var at = time.Now();
        var answer = await AskTransaction(checkout, attempt, CloudPurpose.Read, cancel);
        return attempt.IsDeniedBy(answer.Body?.ForeignTransactionId)
            ? new(ReadResult.Failed, at) // it is another payment
            : answer.ToRefundRead(at);
    }

    private async Task<CloudFinding?> ReadCheckout(
        Checkout checkout, CloudAttempt attempt, CloudPurpose purpose, CancellationToken cancel)
    {
        if (attempt.CheckoutId is not { } id) return null;
        var at = time.Now();
        return (await client.ReadCheckout(attempt.ReaderId, id, checkout.Id, cancel, purpose)).ToFinding(at);
    }

    /// <summary>Reads the transaction by the cloud's id if that is known, and else by ours.</summary>
    private async Task<CloudFinding> ReadTransaction(
        Checkout checkout, CloudAttempt attempt, CloudPurpose purpose, CancellationToken cancel)
    {
        var at = time.Now();
        return (await AskTransaction(checkout, attempt, purpose, cancel)).ToFinding(at);
    }

    private Task<CloudAnswer<WireTransaction>> AskTransaction(
        Checkout checkout, CloudAttempt attempt, CloudPurpose purpose, CancellationToken cancel) =>
        attempt.ClientTransactionId is { } id
            ? client.ReadTransactionByClientId(id, checkout.Id, cancel, purpose)
            : client.ReadTransactionByForeignId(attempt.ForeignId, checkout.Id, cancel, purpose);

    /// <summary>
    /// Searches the history since the attempt. That nothing was found is only said after its last page was read. Null
    /// when there are more pages than are read: such a history says nothing, and holds up nothing that other reads
    /// prove.
    /// </summary>
    private async Task<CloudFinding?> SearchHistory(
        Checkout checkout, CloudAttempt attempt, CancellationToken cancel)
    {
        var at = time.Now();
        var answer = await client.ListTransactions(attempt.SentAt - ClockSlack, checkout.Id, cancel);
        for (var page = 1; ; page++)
        {
            if (answer.Body is not { } read) return new(CloudSource.History, ReadResult.Failed, at);
            if (read.Items.FirstOrDefault(item => IsOf(item, attempt)) is { } found)
                return found.ToFinding(CloudSource.History, at);
            if (read.Next is not { } next) return new(CloudSource.History, ReadResult.NotFound, at);
            if (page == MaxPages) return null;
            answer = await client.ListNextTransactions(next, checkout.Id, cancel);
        }
    }

    /// <summary>Whether a transaction is that of an attempt.</summary>
    public static bool IsOf(WireTransaction item, CloudAttempt attempt) =>
        item.ForeignTransactionId == attempt.ForeignId
        || (item.ClientTransactionId is { } client && client == attempt.ClientTransactionId)
        || (item.TransactionCode is { } code && code == attempt.TransactionCode);
}

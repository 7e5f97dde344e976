using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>
/// A merchant's account at SumUp's cloud. All calls with one key go through one grain, so that they share one budget.
/// Calls do not wait for each other here.
/// </summary>
[Alias("fleet.cloud-account")]
internal interface ICloudAccountGrain : IGrainWithStringKey
{
    /// <summary>Whether the merchant's readers are those of SumUp's cloud.</summary>
    [Alias("is-linked"), ReadOnly]
    Task<bool> IsLinked();

    // Calls about one payment.

    /// <summary>
    /// Sends the one attempt. It must be called once only, by the call that committed the attempt, and never again
    /// after a failure.
    /// </summary>
    /// <param name="checkout">The checkout with its attempt.</param>
    [Alias("create"), ResponseTimeout("00:00:20")]
    Task<CreateAnswer> CreateCheckout(Checkout checkout);

    /// <summary>Reads what the cloud knows of an attempt, with as few requests as possible.</summary>
    /// <param name="checkout">The checkout with its attempt.</param>
    /// <param name="thorough">Whether to ask all that may know of it, also the history and the reader.</param>
    [Alias("read"), ResponseTimeout("00:01:30")]
    Task<CloudReads> ReadAttempt(Checkout checkout, bool thorough);

    /// <summary>
    /// Asks the cloud to end the payment that a reader shows. True when the cloud took the request, which is no proof
    /// of the end.
    /// </summary>
    [Alias("terminate"), ResponseTimeout("00:00:20")]
    Task<bool> TerminateCheckout(Checkout checkout);

    /// <summary>
    /// Asks the cloud for a refund. It must be called once only, by the call that committed the attempt, and never
    /// again after a failure.
    /// </summary>
    /// <param name="paid">The payment.</param>
    /// <param name="transactionId">The cloud's id of its transaction.</param>
    /// <param name="amount">Minor units.</param>
    [Alias("refund"), ResponseTimeout("00:00:40")]
    Task<CreateAnswer> RefundPayment(Checkout paid, string transactionId, long amount);

    /// <summary>Reads what the cloud has given back of a payment; null when the merchant is not linked.</summary>
    [Alias("read-refunds"), ResponseTimeout("00:00:20")]
    Task<RefundRead?> ReadRefunds(Checkout paid);

    /// <summary>A page of the payments of a time span; null when it cannot be read.</summary>
    /// <param name="from">The beginning.</param>
    /// <param name="to">The end, which is not part of it.</param>
    /// <param name="next">What the page before says; null for the first one.</param>
    [Alias("history"), ResponseTimeout("00:01:30")]
    Task<CloudHistoryPage?> ListHistory(DateTimeOffset from, DateTimeOffset to, string? next);

    /// <summary>A payment by one of its ids; null when it is not there, or cannot be read.</summary>
    [Alias("find-payment"), ResponseTimeout("00:00:20")]
    Task<CloudTransaction?> FindPayment(CloudIds ids, string? foreignId);

    // Calls about readers.

    /// <summary>The status of a reader; null when it cannot be read.</summary>
    [Alias("status"), ResponseTimeout("00:00:20")]
    Task<CloudReaderStatus?> ReadStatus(string cloudReaderId);

    /// <summary>Pairs the device that shows a code.</summary>
    [Alias("pair"), ResponseTimeout("00:00:40")]
    Task<CloudPairReply> PairReader(string code, string name);

    /// <summary>The readers that the cloud has for the merchant; null when they cannot be read.</summary>
    [Alias("list"), ResponseTimeout("00:00:20")]
    Task<IReadOnlyList<ListedReader>?> ListReaders();

    /// <summary>Ends a pairing in the cloud; false when it may still be there.</summary>
    [Alias("delete"), ResponseTimeout("00:00:40")]
    Task<bool> DeleteReader(string cloudReaderId);
}

/// <summary>The paired reader, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.cloud-pair-reply")]
internal sealed record CloudPairReply(
    [property: Id(0)] ListedReader? Reader, [property: Id(1)] Refusal? Refusal = null);

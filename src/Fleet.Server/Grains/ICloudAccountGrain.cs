using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
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
    /// <param name="need">How much the read is needed.</param>
    [Alias("read"), ResponseTimeout("00:01:30")]
    Task<CloudReads> ReadAttempt(Checkout checkout, ReadNeed need);

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

    /// <summary>The settings of a reader as the cloud has them.</summary>
    /// <param name="id">The cloud's id.</param>
    [Alias("read-settings"), ResponseTimeout("00:00:20")]
    Task<CloudSettingsReply> ReadSettings(string id);

    /// <summary>Changes settings of a reader; null when its device has applied them.</summary>
    /// <param name="id">The cloud's id.</param>
    /// <param name="change">What is to be another.</param>
    [Alias("change-settings"), ResponseTimeout("00:00:30")]
    Task<Refusal?> ChangeSettings(string id, MenuLock change);

    /// <summary>
    /// Ends a pairing in the cloud. Null when it is over, now or before, or when the merchant is not linked any more;
    /// otherwise the refusal.
    /// </summary>
    /// <exception cref="TimeoutException">It is not known whether it is over; the call may be repeated.</exception>
    [Alias("delete"), ResponseTimeout("00:00:40")]
    Task<Refusal?> DeleteReader(string cloudReaderId);

    // Calls about the link with the cloud.

    /// <summary>Tries a key by harmless reads, and links the merchant by it if it is good.</summary>
    /// <param name="ask">The link.</param>
    /// <param name="dryRun">Whether it is only tried.</param>
    [Alias("try-link"), ResponseTimeout("00:00:20")]
    Task<LinkReply> TryLink(LinkAccount ask, bool dryRun);

    /// <summary>
    /// Removes the link that was made at run time. Then that of the configuration counts, if there is one.
    /// </summary>
    [Alias("unlink")]
    Task<LinkReply> Unlink(string keyId);

    /// <summary>The link without its keys.</summary>
    [Alias("get-link"), ReadOnly]
    Task<LinkView> GetLink();

    // What it knows of Fleet's readers, and keeps true by itself.

    /// <summary>
    /// Goes on with that; to be called now and then, because an account that gets no call is put away.
    /// </summary>
    [Alias("keep-up"), OneWay]
    Task KeepUp();

    /// <summary>Reads a new pairing often, until its device has confirmed it or cannot any more.</summary>
    [Alias("watch-pairing"), OneWay]
    Task WatchPairing(CloudReader reader);

    /// <summary>Compares the readers soon: some have changed, or may have.</summary>
    [Alias("compare-soon"), OneWay]
    Task CompareSoon();

    /// <summary>The cloud's readers, counted when they were compared last.</summary>
    [Alias("roster"), ResponseTimeout("00:00:02")]
    Task<RosterCounts> CountReaders();

    /// <summary>Asks the cloud soon about readers that are looked at, as far as the budget allows.</summary>
    [Alias("shown"), OneWay]
    Task NoteShown(IReadOnlyList<CloudReader> readers);

    /// <summary>
    /// Asks the cloud how a reader is, unless it was asked a moment ago, and lets the reader know. Callers at the same
    /// time share one request.
    /// </summary>
    [Alias("see"), ResponseTimeout("00:00:20")]
    Task SeeReader(CloudReader reader);
}

/// <summary>A reader of Fleet, and what SumUp's cloud calls it.</summary>
/// <param name="ReaderId">Fleet's id.</param>
/// <param name="CloudReaderId">The cloud's id, which names its pairing.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-reader")]
internal sealed record CloudReader([property: Id(0)] string ReaderId, [property: Id(1)] string CloudReaderId);

/// <summary>The readers of an account in numbers.</summary>
/// <param name="ComparedAt">When they were compared with Fleet's; null for never.</param>
/// <param name="Listed">All that the cloud has.</param>
/// <param name="Adoptable">Those that Fleet does not have.</param>
[GenerateSerializer, Immutable, Alias("fleet.roster-counts")]
internal sealed record RosterCounts(
    [property: Id(0)] DateTimeOffset? ComparedAt = null, [property: Id(1)] int Listed = 0,
    [property: Id(2)] int Adoptable = 0);

/// <summary>The settings of a reader in the cloud, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.cloud-settings-reply")]
internal sealed record CloudSettingsReply(
    [property: Id(0)] MenuLock? MenuLock, [property: Id(1)] Refusal? Refusal = null);

/// <summary>The paired reader, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.cloud-pair-reply")]
internal sealed record CloudPairReply(
    [property: Id(0)] ListedReader? Reader, [property: Id(1)] Refusal? Refusal = null);

using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>Reads the ledger by transaction instead of by reader.</summary>
internal interface ITransactions
{
    /// <summary>The checkout with this id on any reader, or null.</summary>
    Task<Checkout?> FindById(Guid checkoutId, CancellationToken cancel);

    /// <summary>The merchant's transaction with this code, or null. It has one as soon as it has an outcome.</summary>
    Task<Checkout?> FindByCode(string merchantCode, string code, CancellationToken cancel);

    /// <summary>
    /// The merchant's checkouts with this <c>foreign_transaction_id</c>, at most <paramref name="limit"/>: first the
    /// paid ones, then those that may still be paid, then the rest; in each group the newest first.
    /// </summary>
    Task<IReadOnlyList<Checkout>> FindByReference(
        string merchantCode, string foreignId, int limit, CancellationToken cancel);

    /// <summary>
    /// The merchant's checkout that was paid, may have been, or still may be, under a <c>foreign_transaction_id</c>
    /// that may be paid once only; null for none.
    /// </summary>
    Task<Checkout?> FindSale(string merchantCode, string foreignId, CancellationToken cancel);

    /// <summary>A page of the merchant's history, in the requested order.</summary>
    Task<IReadOnlyList<HistoryEntry>> ListHistory(string merchantCode, HistoryQuery query, CancellationToken cancel);

    /// <summary>
    /// The merchant's checkouts that have started and have no outcome, which no history has; at most
    /// <paramref name="limit"/>.
    /// </summary>
    Task<IReadOnlyList<Checkout>> ListStarted(string merchantCode, int limit, CancellationToken cancel);

    /// <summary>
    /// The newest checkouts of a reader, the newest first, by its newest <see cref="MaxNewest"/> events.
    /// </summary>
    Task<IReadOnlyList<Checkout>> ListOfReader(string readerId, int limit, CancellationToken cancel);

    /// <summary>Events of a reader among which its newest checkouts are looked for.</summary>
    const int MaxNewest = 500;

    /// <summary>How many payments of a reader were charged, by its newest <see cref="MaxCounted"/> events.</summary>
    Task<int> CountPaid(string readerId, CancellationToken cancel);

    /// <summary>Events of a reader that are counted at most.</summary>
    const int MaxCounted = 10_000;

    /// <summary>All that happened to a checkout, in the order of the ledger; nothing if there is none.</summary>
    Task<IReadOnlyList<LedgerEntry>> ListEvents(Guid checkoutId, CancellationToken cancel);
}

/// <summary>The filters of a page of history. Null and empty mean no restriction.</summary>
internal sealed record HistoryQuery
{
    /// <summary>Entries at most.</summary>
    public required int Limit { get; init; }

    /// <summary>Newest first.</summary>
    public bool Descending { get; init; }

    /// <summary>Only entries after this place.</summary>
    public Guid After { get; init; } = Guid.Empty;

    /// <summary>Only entries before this place.</summary>
    public Guid Until { get; init; } = Guid.AllBitsSet;

    /// <summary>Only what happened or was refunded then or later.</summary>
    public DateTimeOffset? ChangedSince { get; init; }

    /// <summary>Only the transaction with this code.</summary>
    public string? Code { get; init; }

    /// <summary>Only payments of the till with exactly this name, and their refunds.</summary>
    public string? Till { get; init; }

    public IReadOnlyCollection<HistoryKind> Kinds { get; init; } = [];
    public IReadOnlyCollection<TransactionStatus> Statuses { get; init; } = [];
    public IReadOnlyCollection<EntryMode> EntryModes { get; init; } = [];
}

/// <summary>An entry of a merchant's history: a payment's outcome, or a refund of it.</summary>
internal sealed record HistoryEntry(Guid Ref, HistoryKind Kind, Checkout Checkout)
{
    /// <summary>The refund, if it is one.</summary>
    public Refund? Refund => Kind is HistoryKind.Refund
        ? Checkout.Refunds.FirstOrDefault(refund => HistoryKey.ForEvent(refund.At, refund.Id) == Ref)
        : null;
}

/// <summary>One line of the ledger.</summary>
/// <param name="Version">Its place.</param>
/// <param name="Kind">What happened.</param>
/// <param name="At">When.</param>
/// <param name="Node">The node that decided it.</param>
/// <param name="Reason">Why the checkout ended, if it had.</param>
/// <param name="Claim">What the device claimed, for a dispute.</param>
/// <param name="Checkout">The checkout after all of its lines, read in the same transaction.</param>
/// <param name="Doubt">Why it was not known what SumUp's cloud did, for a doubt.</param>
internal sealed record LedgerEntry(
    long Version, EventKind Kind, DateTimeOffset At, string Node, Reason? Reason, DeviceReport? Claim,
    Checkout Checkout, Doubt? Doubt = null);

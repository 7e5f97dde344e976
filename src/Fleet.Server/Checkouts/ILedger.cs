using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// The durable record of everything that happened to checkouts, ordered per reader by <c>(reader_id, ver)</c>.
/// The expected version is the fence: whoever holds an older one is refused, however sure it is of itself.
/// </summary>
internal interface ILedger
{
    /// <summary>How long an idempotency key is remembered.</summary>
    static readonly TimeSpan KeysLast = TimeSpan.FromHours(24);

    /// <summary>
    /// Stores events, the checkouts as they left them, and the idempotency key, in one transaction and durably.
    /// Takes no cancellation: a commit is never interrupted.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">The outcome is unknown. Read before you claim anything.</exception>
    Task<AppendOutcome> AppendEvents(LedgerAppend append);

    /// <summary>What an activation must know of its reader: its version and its latest checkout.</summary>
    Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel);

    /// <summary>One checkout of one reader, or null.</summary>
    Task<Checkout?> FindCheckout(string readerId, Guid checkoutId, CancellationToken cancel);

    /// <summary>The reader that took a checkout, or null.</summary>
    Task<string?> FindReader(Guid checkoutId, CancellationToken cancel);

    /// <summary>What a key was used for in the last 24 hours, or null.</summary>
    Task<KeyUse?> FindKey(string merchantCode, string key, DateTimeOffset now, CancellationToken cancel);

    /// <summary>How far from now the window of a checkout may end; one that ends later is over.</summary>
    static readonly TimeSpan LatestEnd = ReaderRules.Window + Deadline.Tolerance;

    /// <summary>
    /// Readers whose open checkout has outlived its window, or says that it was accepted in the future, at most
    /// <paramref name="limit"/>.
    /// </summary>
    Task<IReadOnlyList<string>> ListOverdue(DateTimeOffset now, int limit, CancellationToken cancel);

    /// <summary>Forgets idempotency keys older than 24 hours.</summary>
    Task ForgetOldKeys(DateTimeOffset now, CancellationToken cancel);
}

/// <summary>One append: all of it, or nothing.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="ExpectedVersion">The version the events were decided on.</param>
/// <param name="Events">At least one, and at most one about each checkout.</param>
/// <param name="Key">The idempotency key to claim for the last event's checkout, if the till gave one.</param>
/// <param name="Note">What the audit is told, if somebody asked for the last event.</param>
/// <param name="SinglePayment">
/// Whether the reference of the checkout that the last event opens may be paid once only.
/// </param>
internal sealed record LedgerAppend(
    string ReaderId, long ExpectedVersion, ImmutableArray<ReaderEvent> Events, IdempotencyKey? Key = null,
    AuditNote? Note = null, bool SinglePayment = false)
{
    /// <summary>The reference that no other payment may have; null for none.</summary>
    public string? Sale => SinglePayment ? HistoryRow.ReferenceOf(Events[^1].Checkout) : null;

    /// <summary>
    /// The checkouts as their events left them, as they are stored. Made by each reader for itself: while a writer is
    /// at work, all others wait.
    /// </summary>
    public ImmutableArray<string> Bodies { get; } =
        ImmutableArray.CreateRange(Events, happened => StorageJson.WriteBody(happened.Checkout));

    /// <summary>When what was asked for was decided.</summary>
    public DateTimeOffset At => Events[^1].Checkout.UpdatedAt;
}

internal enum AppendOutcome
{
    /// <summary>Durable.</summary>
    Appended,

    /// <summary>Refused by the fence; nothing was stored.</summary>
    Stale,

    /// <summary>The idempotency key belongs to another request; nothing was stored.</summary>
    KeyTaken,

    /// <summary>
    /// Another checkout has the reference that may be paid once only, and was paid or still may be; nothing was stored.
    /// </summary>
    SaleTaken,
}

/// <summary>The last word of the ledger on a reader.</summary>
internal sealed record LedgerHead(long Version, Checkout? Latest);

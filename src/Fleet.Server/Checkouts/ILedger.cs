using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// The durable record of everything that happened to checkouts, ordered per reader by <c>(reader_id, ver)</c>. Each
/// append names the version that it expects; an append with an older version is refused.
/// </summary>
internal interface ILedger
{
    /// <summary>How long an idempotency key is remembered.</summary>
    static readonly TimeSpan KeysLast = TimeSpan.FromHours(24);

    /// <summary>
    /// Saves events, the checkouts after them, and the idempotency key, durably and in one transaction. Takes no
    /// cancellation: a commit is never interrupted.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">
    /// It is not known whether it was saved: the caller must read before it reports a result.
    /// </exception>
    Task<AppendOutcome> AppendEvents(LedgerAppend append);

    /// <summary>What an activation must know of its reader: the version and the latest checkout.</summary>
    Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel);

    /// <summary>One checkout of one reader, or null.</summary>
    Task<Checkout?> FindCheckout(string readerId, Guid checkoutId, CancellationToken cancel);

    /// <summary>The reader that took a checkout, or null.</summary>
    Task<string?> FindReader(Guid checkoutId, CancellationToken cancel);

    /// <summary>What a key was used for in the last 24 hours, or null.</summary>
    Task<KeyUse?> FindKey(string merchantCode, string key, DateTimeOffset now, CancellationToken cancel);

    /// <summary>
    /// How far in the future the window of a checkout may end; a window that ends later counts as over.
    /// </summary>
    static readonly TimeSpan LatestEnd = ReaderRules.Window + Deadline.Tolerance;

    /// <summary>
    /// Readers whose open checkout has outlived its window, or was accepted in the future, and readers whose started
    /// checkout has outlived its deadline and was not asked to end; at most <paramref name="limit"/> each.
    /// </summary>
    Task<IReadOnlyList<string>> ListOverdue(DateTimeOffset now, int limit, CancellationToken cancel);

    /// <summary>
    /// Readers with a started checkout that SumUp's cloud carries out, of those whose window ends by
    /// <paramref name="until"/>; at most <paramref name="limit"/>.
    /// </summary>
    Task<IReadOnlyList<string>> ListInCloud(DateTimeOffset until, int limit, CancellationToken cancel);

    /// <summary>Deletes a key, if it was used for this checkout.</summary>
    Task ForgetKey(string merchantCode, string key, Guid checkoutId);

    /// <summary>Deletes idempotency keys older than 24 hours.</summary>
    Task ForgetOldKeys(DateTimeOffset now, CancellationToken cancel);
}

/// <summary>One append, of which all or nothing is saved.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="ExpectedVersion">The version on which the events were decided.</param>
/// <param name="Events">At least one, and at most one about each checkout.</param>
/// <param name="Key">The idempotency key to claim for the last event's checkout, if the till gave one.</param>
/// <param name="Note">The audit note, if a caller requested the last event.</param>
/// <param name="SinglePayment">
/// Whether the reference of the checkout that the last event opens may be paid once only.
/// </param>
internal sealed record LedgerAppend(
    string ReaderId, long ExpectedVersion, ImmutableArray<ReaderEvent> Events, IdempotencyKey? Key = null,
    AuditNote? Note = null, bool SinglePayment = false)
{
    /// <summary>The reference that no other payment may have; null when there is no such rule.</summary>
    public string? Sale => SinglePayment ? HistoryRow.ReferenceOf(Events[^1].Checkout) : null;

    /// <summary>Each reader serializes them itself, because all others wait while a writer works.</summary>
    private ImmutableArray<JsonScratch> _bodies =
        ImmutableArray.CreateRange(Events, happened => CheckoutBody.Write(happened.Checkout));

    /// <summary>The checkout after an event, as it is saved, in UTF-8.</summary>
    /// <param name="place">The place of the event.</param>
    public ReadOnlyMemory<byte> BodyOf(int place) => _bodies[place].Text;

    /// <summary>
    /// Gives the memory of the bodies back: once, when the append has an outcome, so that no writer reads them any
    /// more. One that reads them all the same gets an exception.
    /// </summary>
    public void GiveBackBodies()
    {
        var bodies = _bodies;
        _bodies = default;
        foreach (var body in bodies) body.GiveBack();
    }

    /// <summary>When the events were decided.</summary>
    public DateTimeOffset At => Events[^1].Checkout.UpdatedAt;
}

internal enum AppendOutcome
{
    /// <summary>Saved durably.</summary>
    Appended,

    /// <summary>Refused because the version is old; nothing was saved.</summary>
    Stale,

    /// <summary>The idempotency key belongs to another request; nothing was saved.</summary>
    KeyTaken,

    /// <summary>
    /// Another checkout has the reference that may be paid once only, and was paid, may have been, or still may be;
    /// nothing was saved. Only a start can get this.
    /// </summary>
    SaleTaken,
}

/// <summary>A reader's version in the ledger, and its latest checkout.</summary>
internal sealed record LedgerHead(long Version, Checkout? Latest);

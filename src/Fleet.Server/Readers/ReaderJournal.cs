using System.Diagnostics;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Readers;

/// <summary>
/// The reader's part of the ledger: the events of a rule's decision are appended, then kept in memory, then reported.
/// If it is not known what is saved, the activation is ended by <c>leave</c>, and the next call reads it;
/// <see cref="DoubtfulReaders"/> makes that call when the database answers again.
/// </summary>
internal sealed class ReaderJournal(
    ReaderMemory memory, ILedger ledger, CommitNotifier committed, DoubtfulReaders doubtful, Action leave,
    TimeProvider time)
{
    /// <summary>
    /// Saves what a rule decided, then keeps it in memory, unless the idempotency key or the sale is taken. A refusal
    /// saves no key and no audit note, also when a checkout that was overdue is ended in the same append.
    /// </summary>
    public PendingCommit Commit(
        Decision decision, IdempotencyKey? key = null, AuditNote? note = null, bool singlePayment = false)
    {
        if (decision.Events.IsEmpty || memory.Reader is not { } reader) return default;
        var asked = decision.Refusal is null;
        var about = asked && note is not null ? note with { Subject = $"{decision.Events[^1].Checkout.Id}" } : null;
        var append = new LedgerAppend(
            memory.Id, reader.Version, decision.Events, asked ? key : null, about, asked && singlePayment);
        var step = CheckoutTrace.BeginStep(CheckoutTrace.Commit);
        return new(this, append, reader, BeginAppend(append), step);
    }

    /// <summary>What follows a commit that is over; called in a turn of the grain.</summary>
    /// <param name="append">What was to be saved.</param>
    /// <param name="reader">The reader before it.</param>
    /// <param name="saving">The commit, which is over.</param>
    /// <param name="step">The step of the trace.</param>
    public AppendOutcome EndCommit(LedgerAppend append, Reader reader, Task<AppendOutcome> saving, Activity? step)
    {
        AppendOutcome outcome;
        try
        {
            outcome = saving.GetAwaiter().GetResult();
            append.GiveBackBodies(); // after a failure it is not known whether they are read
        }
        catch (LedgerUnavailableException e) when (!e.NothingSent)
        {
            leave(); // it is not known what is saved
            doubtful.Note(memory.Id);
            throw;
        }
        catch (LedgerUnavailableException)
        {
            append.GiveBackBodies(); // no writer reads it any more
            throw;
        }
        finally
        {
            step?.Dispose();
        }
        doubtful.NoteCommit();
        if (outcome is AppendOutcome.Stale) throw Moved();
        if (outcome is not AppendOutcome.Appended) return outcome;
        memory.Remember(Reader.ApplyEvents(memory.Reader ?? reader, append.Events));
        committed.Notify(append.Events, reader.Latest, memory.Reader);
        memory.ShowState();
        return outcome;
    }

    /// <summary>
    /// What follows for a request that may be a repeat when its append was refused: the answer that the first one got,
    /// or else the result of its append, which is tried again if only a key stood in its way that is free now.
    /// </summary>
    public async Task<(StartReply? Earlier, AppendOutcome Outcome)> ResolveRepeat(
        AppendOutcome outcome, Decision decision, IdempotencyKey? key, AuditNote? note, bool singlePayment = false)
    {
        if (outcome is AppendOutcome.KeyTaken && await TryFreeKey(key))
            outcome = await Commit(decision, key, note, singlePayment);
        return (outcome is AppendOutcome.Appended ? null : await FindEarlier(key), outcome);
    }

    /// <summary>The answer that an earlier request with this key got; null when there was none.</summary>
    public async Task<StartReply?> FindEarlier(IdempotencyKey? key)
    {
        if (key is null || StartReply.FromKeyUse(await FindUse(key), key) is not { } earlier) return null;
        return memory.IsOfCloud ? earlier : earlier with { AwaitOn = null };
    }

    /// <summary>
    /// Commits for a request whose effect, if it had one, the caller has looked for: a key that was used for it is free
    /// again. False when the key was used for another request.
    /// </summary>
    public async Task<bool> CommitAgain(Decision decision, IdempotencyKey? key, AuditNote? note)
    {
        var outcome = await Commit(decision, key, note);
        if (outcome is AppendOutcome.KeyTaken && key is not null && await FindUse(key) is { } used
            && IdempotencyRules.CheckRepeat(used.Fingerprint, key.Fingerprint) is null)
        {
            await ledger.ForgetKey(key.MerchantCode, key.Key, used.CheckoutId);
            outcome = await Commit(decision, key, note);
        }
        return outcome is AppendOutcome.Appended;
    }

    /// <summary>Commits for a request that has no key: null, or why it was refused.</summary>
    public async Task<Refusal?> CommitOrRefuse(Decision decision, AuditNote? note = null)
    {
        await Commit(decision, key: null, note);
        return decision.Refusal is { } refusal ? await Confirm(refusal) : null;
    }

    /// <summary>Ends the open checkout, or asks to end it, if its time is over; null when it is not.</summary>
    public async Task<Checkout?> ExpireCheckout()
    {
        if (memory.Reader is not { } reader) return null;
        if (ReaderRules.EndLateCheckout(reader, time.Now()) is not { Events: [{ Checkout: var changed }] } over)
            return null;
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Expire, changed.Trace);
        await Commit(over);
        return changed;
    }

    /// <summary>
    /// Checks a refusal before it is returned. A refusal is decided from memory, and no append checks that memory, so
    /// the ledger is asked whether it is the latest: a node that was frozen would refuse because of a checkout that
    /// ended long ago.
    /// </summary>
    public async Task<Refusal> Confirm(Refusal refusal)
    {
        await ConfirmMemory();
        return refusal;
    }

    /// <summary>Asks the ledger whether memory is the latest.</summary>
    /// <exception cref="ReaderMovedException">It is not; this activation leaves.</exception>
    public async Task ConfirmMemory()
    {
        var latest = await ledger.LoadHead(memory.Id, CancellationToken.None);
        if (latest.Version != memory.Reader?.Version) throw Moved();
    }

    /// <summary>A checkout by its id, if it was on this reader.</summary>
    public async Task<Checkout?> FindCheckout(Guid checkoutId) =>
        memory.Reader?.Latest is { } latest && latest.Id == checkoutId
            ? latest
            : await ledger.FindCheckout(memory.Id, checkoutId, CancellationToken.None);

    /// <summary>A refusal of the ledger is told to who awaits, like any other failure.</summary>
    private Task<AppendOutcome> BeginAppend(LedgerAppend append)
    {
        try
        {
            return ledger.AppendEvents(append);
        }
        catch (LedgerUnavailableException e)
        {
            return Task.FromException<AppendOutcome>(e);
        }
    }

    private Task<KeyUse?> FindUse(IdempotencyKey key) =>
        ledger.FindKey(key.MerchantCode, key.Key, time.Now(), CancellationToken.None);

    /// <summary>Frees a key whose checkout was refused by SumUp's cloud; false when the key is in use.</summary>
    private async Task<bool> TryFreeKey(IdempotencyKey? key)
    {
        if (key is null || await FindUse(key) is not { WasRefused: true } used) return false;
        await ledger.ForgetKey(key.MerchantCode, key.Key, used.CheckoutId);
        return true;
    }

    /// <summary>Notes a thing at which a person must look; null for none.</summary>
    public void Note(Occurrence? seen) => committed.Note(seen);

    private ReaderMovedException Moved()
    {
        leave();
        return new();
    }
}

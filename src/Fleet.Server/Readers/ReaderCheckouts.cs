using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Readers;

/// <summary>
/// What callers do with checkouts: start one, terminate the open one, refund one, and record an outcome.
/// </summary>
internal sealed class ReaderCheckouts(
    ReaderMemory memory, ReaderConnection connection, ReaderJournal journal, HeldSales sales, TimeProvider time)
{
    /// <summary>Starts a checkout, or finds the one that an earlier request with the same key started.</summary>
    public async Task<StartReply> Start(Reach caller, StartCheckout ask, IdempotencyKey? key, AuditNote? note)
    {
        if (connection.FindReader(caller) is not { } reader) return StartReply.ForRefusal(Refusal.NotFound);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Decide, ask.Trace);
        if (await sales.FindTaken(reader.Id, ask) is { } taken) return taken;
        var decision = ReaderRules.StartCheckout(reader, ask, time.Now());
        if (decision.Refusal is not null && await journal.FindEarlier(key) is { } earlier) return earlier;
        var outcome = await journal.Commit(decision, key, note, ask.SinglePayment);
        if (outcome is not AppendOutcome.Appended)
        {
            (var first, outcome) = await journal.ResolveRepeat(outcome, decision, key, note, ask.SinglePayment);
            if (first is not null) return first;
        }
        // What is overdue here may be what holds the sale: it ends in doubt when its device claims a charge.
        if (outcome is AppendOutcome.SaleTaken) await journal.ExpireCheckout();
        var reply = (outcome, decision.Refusal) switch
        {
            (AppendOutcome.KeyTaken, _) => StartReply.ForRefusal(Refusal.KeyReused),
            (AppendOutcome.SaleTaken, _) => await sales.FindHolder(reader.MerchantCode, reader.Id, ask)
                ?? StartReply.ForRefusal(Refusal.DuplicateTransaction(null)), // its holder has just ended
            (_, { } refusal) => await sales.FindHolder(reader.MerchantCode, reader.Id, ask)
                ?? StartReply.ForRefusal(await journal.Confirm(refusal)),
            _ => new(ask.CheckoutId, ask.ClientTransactionId, AwaitOn: memory.IsOfCloud ? memory.Id : null),
        };
        if (reply.Refusal is null) connection.ShowCheckout();
        return reply;
    }

    /// <summary>Ends the open checkout, or asks the device to end it; null when that is done or under way.</summary>
    public async Task<Refusal?> Terminate(Reach caller, Guid? expectedCheckoutId, AuditNote? note)
    {
        if (connection.FindReader(caller) is not { Open: var before } reader) return Refusal.NotFound;
        using var step = CheckoutTrace.BeginAbout(CheckoutTrace.Terminate, before?.Trace);
        var known = memory.IsKnownOffline ? reader with { Online = false } : reader;
        var decision = ReaderRules.TerminateCheckout(known, expectedCheckoutId, time.Now());
        if (await journal.CommitOrRefuse(decision, note) is { } refusal) return refusal;
        if (before is not null) connection.EndCheckout(before.Id);
        return null;
    }

    /// <summary>
    /// Ends the open checkout if its window is over, and asks the device to end it if its deadline is over; reminds the
    /// link with SumUp's cloud of it if neither is.
    /// </summary>
    public async Task Expire()
    {
        if (await journal.ExpireCheckout() is { DeadlineAt: not null } changed) connection.EndCheckout(changed.Id);
        if (memory.IsOfCloud) connection.ShowCheckout();
    }

    /// <summary>Refunds a payment of this reader, also when the reader is deleted.</summary>
    public async Task<Refusal?> Refund(Reach caller, RefundTransaction ask, IdempotencyKey? key, AuditNote? note)
    {
        if (memory.Reader is not { } reader || reader.MerchantCode != caller.MerchantCode) return Refusal.NotFound;
        var decision = RefundRules.RefundPayment(await journal.FindCheckout(ask.CheckoutId), ask, time.Now());
        if (decision.Refusal is not null && await journal.FindEarlier(key) is { } earlier) return earlier.Refusal;
        var outcome = await journal.Commit(decision, key, note);
        if (outcome is not AppendOutcome.Appended)
        {
            (var first, outcome) = await journal.ResolveRepeat(outcome, decision, key, note);
            if (first is not null) return first.Refusal;
        }
        if (outcome is not AppendOutcome.Appended) return Refusal.KeyReused;
        return decision.Refusal is { } refusal ? await journal.Confirm(refusal) : null;
    }

    /// <summary>Records how a payment ended whose device cannot report it, also when the reader is deleted.</summary>
    public async Task<Refusal?> RecordOutcome(Reach caller, RecordOutcome ask, AuditNote? note)
    {
        if (connection.CheckReader() is not { } reader || await journal.FindCheckout(ask.CheckoutId) is not { } named
            || !caller.CoversCheckout(named)) return Refusal.NotFound;
        using var step = CheckoutTrace.BeginAbout(CheckoutTrace.RecordOutcome, named.Trace);
        var decision = OutcomeRules.RecordOutcome(reader, named, ask, time.Now());
        if (await journal.CommitOrRefuse(decision, note) is { } refusal) return refusal;
        connection.EndCheckout(named.Id); // if the device is connected after all, it takes no card any more
        return null;
    }
}

using System.Diagnostics;
using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Core.Merchants;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Checkouts;

/// <summary>The commands of callers, over every protocol. The ids are made here, before the first attempt.</summary>
internal sealed class CheckoutCommands(
    ReaderGrainFactory readers, IGrainFactory grains, StoreDirectory stores, ILedger ledger, HeldSales sales,
    CheckoutQueries checkouts, MerchantDirectory merchants, AnswerHold hold, FleetMeter meter, TimeProvider time)
{
    /// <summary>How often a start is tried when its sale was held but is free when it is checked.</summary>
    private const int MaxTries = 3;

    /// <summary>
    /// Everything that a request to start a checkout asks for, as text: the idempotency key is bound to it.
    /// </summary>
    public static string MakeFingerprint(string target, CheckoutTerms terms) =>
        target + JsonSerializer.Serialize(terms.AsAsked(), StorageJson.Default.CheckoutTerms);

    /// <summary>Starts a checkout on the reader that the caller names.</summary>
    /// <param name="merchant">Whose reader it is.</param>
    /// <param name="readerId">The reader.</param>
    /// <param name="terms">What to charge.</param>
    /// <param name="key">The caller's own name for the request, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="id">The id of the checkout, where the caller's own id decides it.</param>
    public Task<StartReply> StartOnReader(
        MerchantScope merchant, string readerId, CheckoutTerms terms, IdempotencyKey? key, CancellationToken cancel,
        Guid? id = null)
    {
        var ask = NewStart(merchant, id ?? NewId(), terms);
        return hold.HoldAnswer(merchant, terms,
            StartOnChosen(merchant, new(readerId, RouteRule.Named), ask, key, cancel), cancel);
    }

    /// <summary>
    /// Starts a checkout on a reader that its store chooses. If the reader refuses because it is busy or offline after
    /// all, the next one is tried. If it is not known whether the reader accepted, no other is tried.
    /// </summary>
    public Task<StartReply> StartInStore(
        MerchantScope merchant, RouteTerms route, CheckoutTerms terms, IdempotencyKey? key, CancellationToken cancel) =>
        hold.HoldAnswer(merchant, terms, RouteStart(merchant, route, terms, key, cancel), cancel);

    /// <summary>
    /// Ends the open checkout; null when that is done or under way. The call is repeated only when it names its
    /// checkout: a repeat without a name could end the next customer's checkout.
    /// </summary>
    public Task<Refusal?> TerminateCheckout(
        MerchantScope merchant, string readerId, Guid? expectedCheckoutId, CancellationToken cancel)
    {
        CheckoutTrace.FlowToGrain();
        var reader = readers[readerId];
        var note = merchant.Caller.MakeNote(AuditAction.CheckoutTerminate, detail: readerId);
        return expectedCheckoutId is { } expected
            ? Failover.CallWithRetry(() => reader.TerminateCheckout(merchant.Reach, expected, note), cancel)
            : reader.TerminateCheckout(merchant.Reach, null, note).WaitAsync(cancel);
    }

    /// <summary>
    /// Records how a checkout ended when its device cannot report it any more; null when that is recorded. The same
    /// record again changes nothing.
    /// </summary>
    public Task<Refusal?> RecordOutcome(
        MerchantScope merchant, Checkout checkout, RecordOutcome ask, CancellationToken cancel)
    {
        CheckoutTrace.FlowToGrain();
        var reader = readers[checkout.ReaderId];
        var note = ask.Release
            ? merchant.Caller.MakeNote(AuditAction.CheckoutRelease, detail: checkout.ReaderId)
            : merchant.Caller.MakeNote(
                AuditAction.OutcomeRecord, detail: $"{checkout.ReaderId} {ask.Outcome.ToWireName()}");
        return Failover.CallWithRetry(() => reader.RecordOutcome(merchant.Reach, ask, note), cancel);
    }

    /// <summary>
    /// Records what became of the pending refund of a payment; null when that is recorded. The same record again
    /// changes nothing.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">The reader is on a node that cannot record refunds.</exception>
    public async Task<Refusal?> RecordRefund(
        MerchantScope merchant, Checkout paid, RecordRefund ask, CancellationToken cancel)
    {
        var reader = readers[paid.ReaderId];
        var note = merchant.Caller.MakeNote(
            AuditAction.RefundRecord, detail: $"{paid.ReaderId} {(ask.Made ? "made" : "not_made")}");
        var reply = await Failover.CallWithRetry(() => reader.TakeRefundNews(
            new(paid.Id, paid.PendingRefund?.Id ?? Guid.Empty, null, [], ask, note)), cancel);
        return reply is { Refusal: null, Paid.PendingRefund: not null }
            ? throw new LedgerUnavailableException("The reader's node has an older version.")
            : reply.Refusal;
    }

    /// <summary>
    /// Refunds a payment; null when that is done. Every attempt has the same id, so a repeat means the same refund.
    /// </summary>
    /// <param name="merchant">Whose payment it is.</param>
    /// <param name="paid">The payment.</param>
    /// <param name="amount">Minor units; null for all that is left.</param>
    /// <param name="key">The caller's own name for the request, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Refusal?> RefundPayment(
        MerchantScope merchant, Checkout paid, long? amount, IdempotencyKey? key, CancellationToken cancel)
    {
        var isOfCloud = paid.Cloud is not null;
        var id = isOfCloud && key is not null ? key.ToId() : NewId();
        var ask = new RefundTransaction(id, paid.Id, amount, merchant.Merchant.Rules.Sandbox);
        var note = merchant.Caller.MakeNote(AuditAction.RefundCreate, detail: $"{ask.RefundId}");
        if (isOfCloud)
        {
            var cloud = grains.GetGrain<ICloudRefundGrain>($"{RefundKey.FromCheckout(paid)}");
            return Failover.CallWithRetry(() => cloud.RefundPayment(new(merchant.Reach, ask, key, note)), cancel);
        }
        var reader = readers[paid.ReaderId];
        return Failover.CallWithRetry(() => reader.RefundPayment(merchant.Reach, ask, key, note), cancel);
    }

    private async Task<StartReply> RouteStart(
        MerchantScope merchant, RouteTerms route, CheckoutTerms terms, IdempotencyKey? key, CancellationToken cancel)
    {
        if (stores.FindStore(merchant.Reach, route.Store) is not { } store)
            return StartReply.ForRefusal(Refusal.NotFound);
        if (key is not null && await FindEarlierReply(key, cancel) is { } earlier) return await AwaitCloud(earlier);
        var (id, since) = (NewId(), time.Now());
        var ask = NewStart(merchant, id, terms);
        if (RulesOf(merchant).BarStart(terms.Charge, terms.Affiliate) is { } barred)
        {
            return await FindHeldSale(merchant, ask, cancel) is { } same
                ? await AwaitCloud(same)
                : StartReply.ForRefusal(barred);
        }
        var until = route.Patience > TimeSpan.Zero ? since + route.Patience : (DateTimeOffset?)null;
        var reply = StartReply.ForRefusal(Refusal.QueueTimeout); // also when this ends by an exception
        string? refused = null;
        try
        {
            while (true)
            {
                var wanted = new RouteRequest(id, route.Wish, since, until, refused);
                var routed = await Failover.CallWithRetry(() => store.ChooseReader(wanted).WaitAsync(cancel), cancel);
                if (routed.Chosen is null && await FindHeldSale(merchant, ask, cancel) is { } held)
                    return reply = await AwaitCloud(held);
                if (routed.Refusal is { } refusal) return reply = StartReply.ForRefusal(refusal);
                refused = routed.Chosen?.ReaderId;
                if (routed.Chosen is { } chosen)
                {
                    reply = await StartOnChosen(merchant, chosen, ask, key, cancel);
                    if (reply.Refusal is not { Code: RefusalCode.ReaderBusy or RefusalCode.ReaderOffline })
                        return reply;
                    ask = NewStart(merchant, NewId(), terms); // SumUp's cloud may have refused the one before
                }
                if (QueueRules.KeepWaiting(until, time.Now()) is { } late) return reply = StartReply.ForRefusal(late);
            }
        }
        finally
        {
            if (reply.Refusal is not null || reply.CheckoutId != id) await store.LeaveQueue(id);
        }
    }

    /// <summary>
    /// The answer to a start whose sale already has a checkout; it needs no reader and no place in the queue.
    /// </summary>
    private async Task<StartReply?> FindHeldSale(MerchantScope merchant, StartCheckout ask, CancellationToken cancel)
    {
        if (await sales.FindHolder(merchant.Code, readerId: null, ask) is not { } held) return null;
        if (held.Refusal is not { } refusal) return held;
        return await RereadRefusal(merchant, ask, refusal, cancel) is { } told ? StartReply.ForRefusal(told) : null;
    }

    /// <summary>
    /// The refusal of a held sale, as the caller may see it; null when the sale is free now. Its checkout may have
    /// ended meanwhile. If its window is over, its reader is called from here to end it, and not from the reader that
    /// refused: two readers that call each other at the same time would wait for each other.
    /// </summary>
    private async Task<Refusal?> RereadRefusal(
        MerchantScope merchant, StartCheckout ask, Refusal taken, CancellationToken cancel)
    {
        if (taken.Holder is not { } holder) return null;
        return await checkouts.FindCheckout(merchant.Reach, holder.CheckoutId, cancel) is { } found
            ? SaleRules.DecideRepeat(readerId: null, ask, found)?.Refusal
            : Refusal.DuplicateTransaction(null); // a store that the key does not reach
    }

    private static StartCheckout NewStart(MerchantScope merchant, Guid id, CheckoutTerms terms) => new(
        id, Ids.ClientTransactionOf(id), terms, SinglePayment: merchant.Merchant.Rules.AdmitOnePayment(terms));

    /// <summary>
    /// Starts the checkout, repeats the call if a node was stopping, and tries again when its sale was held and is free
    /// now. It is one method, because each that waits costs memory for each payment.
    /// </summary>
    private async Task<StartReply> StartOnChosen(
        MerchantScope merchant, ChosenReader chosen, StartCheckout ask, IdempotencyKey? key, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var start = BeginStart(merchant, chosen, ask);
            StartReply reply;
            try
            {
                reply = EndStart(start, chosen,
                    await start.Reader.StartCheckout(merchant.Reach, start.Ask, key, start.Note).WaitAsync(cancel));
            }
            catch (Exception e) when (TransientFailure.IsOfNode(e, cancel))
            {
                reply = EndStart(start, chosen,
                    await StartAgain(start, merchant.Reach, key, MayBeSaved(e), cancel));
            }
            finally
            {
                start.Step?.Dispose();
            }
            reply = await AwaitCloud(reply);
            if (reply.Refusal is not { Code: RefusalCode.DuplicateTransaction } taken) return reply;
            if (await RereadRefusal(merchant, ask, taken, cancel) is { } told) return StartReply.ForRefusal(told);
            if (tries == MaxTries) return StartReply.ForRefusal(Refusal.DuplicateTransaction(null));
        }
    }

    /// <summary>
    /// Waits for the answer of SumUp's cloud, if it may still refuse. When the wait fails, nothing is known against the
    /// checkout, so it is not refused.
    /// </summary>
    private ValueTask<StartReply> AwaitCloud(StartReply reply) =>
        reply is { Refusal: null, AwaitOn: { } readerId } ? new(AskCloud(reply, readerId)) : new(reply);

    private async Task<StartReply> AskCloud(StartReply reply, string readerId)
    {
        try
        {
            return await grains.GetGrain<ICloudLinkGrain>(readerId).AwaitAnswer(reply.CheckoutId) is { } refusal
                ? StartReply.ForRefusal(refusal)
                : reply;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return StartReply.ForRefusal(
                Refusal.OutcomeUnknown(new(reply.CheckoutId, CheckoutState.Accepted, null)));
        }
    }

    /// <summary>What one call to start a checkout needs.</summary>
    private Start BeginStart(MerchantScope merchant, ChosenReader chosen, StartCheckout order)
    {
        var step = CheckoutTrace.BeginStep(CheckoutTrace.Start);
        step.NoteTag("fleet.checkout.id", order.CheckoutId);
        step.NoteTag("fleet.reader.id", chosen.ReaderId);
        var note = merchant.Caller.MakeNote(AuditAction.CheckoutStart, detail: chosen.ReaderId);
        var rules = RulesOf(merchant);
        var (trace, barred) = (CheckoutTrace.Context, rules.BarStart(order.Terms.Charge, order.Terms.Affiliate));
        var ask = trace is null && barred is null && !rules.StrictSixtySeconds
            ? order // nearly always
            : order with { Trace = trace, Barred = barred, StrictSixtySeconds = rules.StrictSixtySeconds };
        return new(readers[chosen.ReaderId], ask, note, step, time.GetTimestamp());
    }

    private StartReply EndStart(Start start, ChosenReader chosen, StartReply reply)
    {
        if (reply.Refusal is null) meter.MeasureAccept(time.GetElapsedTime(start.Begun));
        start.Step.NoteTag("fleet.refusal", reply.Refusal is { } no ? ErrorCatalogue.Of(no.Code).Code : null);
        // A repeat names the same reader.
        var isThis = reply.CheckoutId == start.Ask.CheckoutId || chosen.Rule is RouteRule.Named;
        return reply.Refusal is null && isThis ? reply with { Chosen = chosen } : reply;
    }

    /// <summary>
    /// Repeats a start. The id was made before, so a second call finds the result of the first one: in the reader's
    /// memory, or in the ledger when the reader already has the next checkout.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">
    /// The first call may still be saved, although the second one was refused: a statement of a node that is gone can
    /// be under way in the database.
    /// </exception>
    private async Task<StartReply> StartAgain(
        Start start, Reach reach, IdempotencyKey? key, bool inDoubt, CancellationToken cancel)
    {
        var (reader, ask) = (start.Reader, start.Ask);
        var reply = await Failover.CallAgain(async () =>
        {
            try
            {
                return await reader.StartCheckout(reach, ask, key, start.Note);
            }
            catch (Exception e) when (MayBeSaved(e))
            {
                inDoubt = true;
                throw;
            }
        }, cancel);
        if (!inDoubt || reply.Refusal is not { } refusal) return reply;
        if (await ledger.FindCheckout(reader.GetPrimaryKeyString(), ask.CheckoutId, cancel) is not null)
            return new(ask.CheckoutId, ask.ClientTransactionId);
        return ReaderRules.ExcludesEarlierStart(refusal)
            ? reply
            : throw new LedgerUnavailableException("The node was lost, and its statement may still be saved.");
    }

    /// <summary>Whether a start that failed so may be saved, now or later.</summary>
    private static bool MayBeSaved(Exception failure) => failure is not ReaderMovedException;

    /// <summary>The reply to an earlier request with this key; the repeat is not routed again.</summary>
    private async Task<StartReply?> FindEarlierReply(IdempotencyKey key, CancellationToken cancel) =>
        StartReply.FromKeyUse(await ledger.FindKey(key.MerchantCode, key.Key, time.Now(), cancel), key);

    /// <summary>
    /// The rules of a merchant as this node knows them now: a request may have waited in a queue since it came.
    /// </summary>
    private MerchantRules RulesOf(MerchantScope merchant) =>
        (merchants.FindMerchant(merchant.Code) ?? merchant.Merchant).Rules;

    private Guid NewId() => Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>One call to start a checkout.</summary>
    private readonly record struct Start(
        IReaderGrain Reader, StartCheckout Ask, AuditNote Note, Activity? Step, long Begun);
}

/// <summary>The requirements for a reader that the caller does not name.</summary>
/// <param name="Store">The store; empty for the key's own, or the default one.</param>
/// <param name="Wish">What the reader must have.</param>
/// <param name="Patience">How long to wait for a free one; zero when the caller does not wait.</param>
internal sealed record RouteTerms(string Store, RouteWish Wish, TimeSpan Patience)
{
    /// <summary>The longest wait for a reader, in seconds.</summary>
    public const int MaxPatience = 300;

    /// <summary>
    /// The part of the request to which its idempotency key is bound; the waiting time is not part of it.
    /// </summary>
    public string Target => $"{Store}?{string.Join(',', Wish.Tags)}&{Wish.MinFirmware}&{Wish.MinBattery}&{Wish.Tips}";
}

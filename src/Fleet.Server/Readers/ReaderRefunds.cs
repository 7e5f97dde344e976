using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>Refunds that SumUp's cloud makes of payments of this reader, also when the reader is deleted.</summary>
internal sealed class ReaderRefunds(ReaderMemory memory, ReaderJournal journal, TimeProvider time)
{
    /// <summary>Commits the attempt. Only the call that did so may send it.</summary>
    public async Task<RefundReply> Begin(RefundOrder order)
    {
        if (memory.Reader is not { } reader || reader.MerchantCode != order.Caller.MerchantCode)
            return new(null, Refusal: Refusal.NotFound);
        var paid = await journal.FindCheckout(order.Ask.CheckoutId);
        var decision = CloudRefundRules.BeginRefund(paid, order.Ask, order.Refunded, time.Now());
        if (decision.Refusal is { } refusal) return new(paid, Refusal: await journal.Confirm(refusal));
        if (!await journal.CommitAgain(decision, order.Key, order.Note)) return new(paid, Refusal: Refusal.KeyReused);
        return await Reply(order.Ask.CheckoutId, decision.Events);
    }

    /// <summary>
    /// Takes the answer to the attempt, what was read, or what an operator records; reads may permit another attempt.
    /// </summary>
    public async Task<RefundReply> TakeNews(RefundNews news)
    {
        var (paid, now) = (await journal.FindCheckout(news.CheckoutId), time.Now());
        var decision = news switch
        {
            { Record: { } record } => RefundRecordRules.RecordRefund(paid, record, now),
            { Answer: { } answer } => CloudRefundRules.TakeAnswer(paid, news.RefundId, answer, now),
            _ => CloudRefundRules.TakeReads(paid, news.RefundId, news.Reads, now),
        };
        if (decision.Refusal is { } refusal) return new(paid, Refusal: await journal.Confirm(refusal));
        await journal.Commit(decision, note: news.Note);
        return await Reply(news.CheckoutId, decision.Events);
    }

    private async Task<RefundReply> Reply(Guid checkoutId, ImmutableArray<ReaderEvent> events) => new(
        await journal.FindCheckout(checkoutId), events.Any(happened => happened.Kind is EventKind.RefundBegun));
}

using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Finds the checkout that holds a sale because it is paid, may have been, or still may be, and decides about a start
/// of the same sale.
/// </summary>
internal sealed class HeldSales(ITransactions transactions)
{
    /// <summary>That checkout, or a refusal that names it; null when the sale has none, or may be paid again.</summary>
    /// <param name="merchantCode">The merchant.</param>
    /// <param name="readerId">The reader for which the start is; null when none is chosen.</param>
    /// <param name="ask">The start.</param>
    public async Task<StartReply?> FindHolder(string merchantCode, string? readerId, StartCheckout ask)
    {
        if (!ask.SinglePayment || ask.Terms.Affiliate is not { } affiliate) return null;
        var holder = await transactions.FindSale(merchantCode, affiliate.ForeignTransactionId, CancellationToken.None);
        if (holder is null || SaleRules.DecideRepeat(readerId, ask, holder) is not { } decision) return null;
        return decision.Refusal is { } refusal ? StartReply.ForRefusal(refusal) : StartReply.FromCheckout(holder);
    }

    /// <summary>
    /// The answer to a start whose id a caller decided, when a start with this id was faster; null when there was none.
    /// </summary>
    /// <param name="readerId">The reader for which the start is.</param>
    /// <param name="ask">The start.</param>
    public async Task<StartReply?> FindTaken(string readerId, StartCheckout ask)
    {
        if (ask.Terms.CallersId is null) return null;
        if (await transactions.FindById(ask.CheckoutId, CancellationToken.None) is not { } taken) return null;
        return taken.ReaderId == readerId
            ? StartReply.FromCheckout(taken)
            : StartReply.ForRefusal(Refusal.CallersIdReused);
    }
}

using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Payments that are answered with their outcome, and not with their acceptance. The id of the checkout is computed
/// from the caller's id, so a repeat finds the same checkout on every node and at every time, and starts no other.
/// </summary>
internal sealed class GoPayments(CheckoutCommands commands, CheckoutQueries checkouts, CheckoutWait outcomes)
{
    /// <summary>
    /// Starts the payment, or finds it, and waits for its outcome, <see cref="CheckoutWait.Longest"/> at most.
    /// </summary>
    /// <param name="merchant">Whose reader it is.</param>
    /// <param name="readerId">The reader.</param>
    /// <param name="terms">What to charge, with the caller's id.</param>
    /// <param name="beforeWait">Called when the payment is known to be there, before the wait for its outcome.</param>
    /// <param name="cancel">Ends the wait. The payment goes on.</param>
    /// <returns>The checkout as far as it is, or why there is none.</returns>
    public async Task<(Checkout? Checkout, Refusal? Refusal)> TakePayment(
        MerchantScope merchant, string readerId, CheckoutTerms terms, Action beforeWait, CancellationToken cancel)
    {
        var (id, known) = await checkouts.FindByCallersId(merchant.Code, terms.CallersId ?? "", cancel);
        if (known is null)
        {
            var reply = await commands.StartOnReader(merchant, readerId, terms, key: null, cancel, id);
            // What it is not known of may have been taken, so its outcome is waited for like any other.
            if (reply.Refusal is { Code: not RefusalCode.OutcomeUnknown } refusal) return (null, refusal);
        }
        else if (IdempotencyRules.CheckSame(merchant.Reach, readerId, terms, known) is { } refusal)
            return (null, refusal);
        beforeWait();
        var now = await AwaitOutcome(merchant, id, cancel);
        // Two requests with one id can come at the same time.
        return now is null
            ? default
            : (now, now.Cloud?.Refused ?? IdempotencyRules.CheckSame(merchant.Reach, readerId, terms, now));
    }

    private async Task<Checkout?> AwaitOutcome(MerchantScope merchant, Guid id, CancellationToken cancel)
    {
        try
        {
            return await outcomes.ForOutcome(merchant.Reach, id, CheckoutWait.Longest, cancel);
        }
        catch (TooManyWatchesException)
        {
            return await checkouts.FindCheckout(merchant.Reach, id, cancel); // the caller asks again
        }
    }
}

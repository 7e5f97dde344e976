using Fleet.Core.Checkouts;

namespace Fleet.Core.Readers;

/// <summary>The rule of a sale: a <c>foreign_transaction_id</c> of an integrator is paid once, on any reader.</summary>
public static class SaleRules
{
    /// <summary>Decides about a start when a checkout of the same sale was found.</summary>
    /// <param name="readerId">The reader it is for; null when none is chosen.</param>
    /// <param name="ask">The start.</param>
    /// <param name="holder">The checkout; null for none.</param>
    /// <returns>
    /// <see cref="Decision.AlreadySo"/> when the holder is the same request, or a refusal when there cannot be another
    /// checkout; null when there can. One that ended without a payment holds the sale only while it is
    /// <see cref="Checkout.IsDoubtful"/>.
    /// </returns>
    public static Decision? DecideRepeat(string? readerId, StartCheckout ask, Checkout? holder) => holder switch
    {
        null or { IsUnpaid: true, IsDoubtful: false } => (Decision?)null,
        _ when holder.Id == ask.CheckoutId => Decision.AlreadySo,
        { IsOpen: true } when holder.ReaderId == readerId && holder.Terms.IsSameAs(ask.Terms) => Decision.AlreadySo,
        _ => Refusal.DuplicateTransaction(ReaderRules.HolderOf(holder)),
    };
}

using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Grains;

namespace Fleet.Server.Links;

/// <summary>Turns what grains know into frames for devices.</summary>
internal static class LinkFrames
{
    /// <summary>The frame with which a device becomes a reader.</summary>
    public static Paired ToPaired(PairedDevice paired) =>
        new(paired.ReaderId, paired.Name, paired.MerchantCode, paired.Credential);

    /// <summary>What the device is told about a checkout.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="testCents">Whether a virtual device lets the last two digits of the amount decide.</param>
    /// <param name="now">The time.</param>
    public static CheckoutDisplay ToDisplay(Checkout checkout, bool testCents, DateTimeOffset now)
    {
        var (terms, started) = (checkout.Terms, checkout.State is CheckoutState.Started);
        return new()
        {
            CheckoutId = checkout.Id,
            Amount = terms.Charge.Value,
            Currency = terms.Amount.Currency,
            MinorUnit = terms.Amount.MinorUnit,
            Description = terms.ShortenDescription(),
            CardType = terms.CardType?.ToWireName(),
            Installments = terms.Installments,
            TipRates = terms.TipRates.Count > 0 ? terms.TipRates : null,
            TipTimeoutSeconds = terms.TipRates.Count > 0 ? terms.TipTimeoutSeconds : null,
            ForeignTransactionId = terms.Affiliate?.ForeignTransactionId,
            Started = started,
            RemainingMs = started
                ? 0
                : (long)Deadline.TimeLeft(checkout.ValidUntil, ReaderRules.Window, now).TotalMilliseconds,
            Terminate = checkout.TerminateRequested,
            TestCents = testCents ? true : null,
        };
    }
}

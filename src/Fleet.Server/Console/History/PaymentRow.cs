using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Parts;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Console.History;

/// <summary>A payment or a refund in a list.</summary>
/// <param name="At">When the outcome was recorded, or the money was given back.</param>
/// <param name="Kind">payment or refund.</param>
/// <param name="Status">pending, successful, failed, cancelled or refunded.</param>
/// <param name="Amount">In major units, with the tip, with all decimals of the currency.</param>
/// <param name="Currency">Its currency.</param>
/// <param name="Tip">The tip in it; empty for none.</param>
/// <param name="Store">The store.</param>
/// <param name="ReaderId">The reader.</param>
/// <param name="Card">The card as far as it may be shown; empty for none.</param>
/// <param name="TransactionCode">The code on the receipt; empty before the outcome.</param>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="ForeignId">The till's own reference; empty for none.</param>
/// <param name="Description">What was sold.</param>
/// <param name="Disputed">Whether the device contradicts the record.</param>
/// <param name="Till">The name that the till gave itself; empty for none.</param>
public sealed record PaymentRow(
    Timestamp At, string Kind, string Status, string Amount, string Currency, string Tip, string Store, string ReaderId,
    string Card, string TransactionCode, string CheckoutId, string ForeignId, string Description, bool Disputed,
    string Till)
{
    /// <summary>Letters of what was sold that a list shows.</summary>
    private const int MaxShown = 80;

    /// <summary>What was sold, for a list.</summary>
    internal string Sale => $"{ForeignId} {Characters.ShortenText(Description, MaxShown)}".Trim();

    /// <summary>The state, and the class that gives it its colour.</summary>
    internal (string Text, string Class) Pill => (Kind, Status) switch
    {
        ("refund", _) => ("refund", "busy"),
        _ when Disputed => ("disputed", "warn"),
        (_, "successful") => (Status, "good"),
        (_, "refunded") => (Status, "busy"),
        (_, "failed") => (Status, "bad"),
        (_, "pending") => (Status, "busy"),
        _ => (Status, "off"),
    };

    internal static PaymentRow FromEntry(HistoryEntry entry)
    {
        var (checkout, refund) = (entry.Checkout, entry.Refund);
        string Major(long minor) => checkout.Terms.Amount.Major(minor).ToString(CultureInfo.InvariantCulture);
        return new(
            (refund?.At ?? checkout.OccurredAt()).ToTimestamp(),
            entry.Kind.ToWireName(),
            checkout.GetStatus().ToWireName(),
            Major(refund?.Amount ?? checkout.TotalAmount()),
            checkout.Terms.Amount.Currency,
            refund is null && checkout.Tip > 0 ? Major(checkout.Tip) : "",
            checkout.Store,
            checkout.ReaderId,
            Words.CardOf(checkout.Card),
            checkout.IsOpen ? "" : checkout.TransactionCode(),
            $"{checkout.Id}",
            checkout.Terms.Affiliate?.ForeignTransactionId ?? "",
            checkout.Terms.Description ?? "",
            checkout.Disputed,
            checkout.Terms.Till ?? "");
    }
}

using Fleet.Protocol;

namespace Fleet.Simulator;

/// <summary>A card of a test: what the receipt shows of it, and how a payment with it goes.</summary>
/// <param name="Last4">The last four digits.</param>
/// <param name="Scheme">The scheme, in capitals.</param>
/// <param name="Script">What happens after it was presented.</param>
internal sealed record TestCard(string Last4, string Scheme, Script Script)
{
    private static readonly Dictionary<string, TestCard> Cards = new()
    {
        [TestCards.Visa] = new("4242", "VISA", Script.Approve),
        [TestCards.VisaDebit] = new("5556", "VISA", Script.Approve),
        [TestCards.Mastercard] = new("4444", "MASTERCARD", Script.Approve),
        [TestCards.MastercardDebit] = new("8210", "MASTERCARD", Script.Approve),
        [TestCards.Amex] = new("0005", "AMEX", Script.Approve),
        [TestCards.Maestro] = new("0604", "MAESTRO", Script.Approve),
        [TestCards.AsksPin] = new("3155", "VISA", Script.Pin),
        [TestCards.AsksSignature] = new("3063", "VISA", Script.Signature),
        [TestCards.OverLimit] = new("3178", "MASTERCARD", Script.OverLimit),
        [TestCards.Declined] = new("0002", "VISA", Script.Decline),
        [TestCards.Expired] = new("0069", "VISA", Script.Decline),
        [TestCards.NoFunds] = new("9995", "MASTERCARD", Script.Decline),
        [TestCards.Unknown] = new("0119", "MASTERCARD", Script.Decline),
    };

    /// <summary>The names of all of them, for people.</summary>
    public static string Names { get; } = string.Join(", ", Cards.Keys);

    /// <summary>The card of a name; null when there is none.</summary>
    public static TestCard? FindCard(string name) => Cards.GetValueOrDefault(name);

    /// <summary>The usual card, with which the amount decides how the payment goes.</summary>
    public static TestCard OfOrder(CheckoutDisplay order) =>
        new("4242", "VISA", Script.OfOrder(order) ?? Script.Approve);

    /// <summary>What the receipt shows of it, without the issuer's code.</summary>
    /// <param name="method">One of <see cref="CardMethods"/>; null for what suits the card.</param>
    public PresentedCard Present(string? method) => new(Last4, Scheme, method switch
    {
        CardMethods.Insert => EntryModes.Chip,
        CardMethods.Swipe => EntryModes.Magstripe,
        CardMethods.Tap => EntryModes.Contactless,
        _ => Script.AsksPin || Script.Signs ? EntryModes.Chip : EntryModes.Contactless,
    });
}

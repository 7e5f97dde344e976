using System.Globalization;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;

namespace Fleet.Server.Api.Receipts;

/// <summary>A receipt as people read it, on a page or on paper.</summary>
/// <param name="Title">The name of the merchant, or its code.</param>
/// <param name="At">When the payment had its outcome.</param>
/// <param name="Lines">What is known of the payment, in the order of reading; no value is empty.</param>
/// <param name="Note">What the reader must know; null for nothing.</param>
internal sealed record PrintedReceipt(
    string Title, DateTimeOffset At, IReadOnlyList<(string Name, string Value)> Lines, string? Note)
{
    /// <summary>The longest description on a receipt, in UTF-16 units; a longer one is cut.</summary>
    private const int MaxDescription = 500;

    private const string NoMoney = "This was a test: no money was moved.";

    public static PrintedReceipt FromCheckout(Checkout checkout, IEnumerable<Refund> refunds, Merchant merchant)
    {
        var terms = checkout.Terms;
        string Money(long minor) => terms.Amount.TextOf(minor);
        var name = merchant.Profile.Name;
        (string, string?)[] lines =
        [
            ("Merchant", checkout.MerchantCode),
            ("Date", TextOf(checkout.OccurredAt())),
            ("For", terms.Description is { } sold ? Characters.ShortenText(sold, MaxDescription) : null),
            ("Amount", Money(checkout.TotalAmount() - checkout.Tip)),
            ("Tip", checkout.Tip > 0 ? Money(checkout.Tip) : null),
            ("Total", Money(checkout.TotalAmount())),
            ("Status", checkout.GetStatus().ApiWord()),
            ("", checkout.Disputed ? "in dispute: the record and the device contradict each other" : null),
            ("", ReasonView.FromCheckout(checkout)?.Sentence),
            .. refunds.Select(refund => ((string, string?))(
                "Refund", $"{Money(refund.Amount)}, {TextOf(refund.At)}")),
            ("Card", CardOf(checkout)),
            ("Entry", checkout.Card?.EntryMode?.ApiWord()),
            ("Authorisation", checkout.Card?.AuthCode),
            ("Instalments", terms.Installments is > 1 and var parts ? $"{parts}" : null),
            ("Store", checkout.Store),
            ("Till", terms.Till),
            ("Reader", checkout.Serial),
            ("Receipt", checkout.TransactionCode()),
            ("Transaction", $"{checkout.Id}"),
        ];
        return new(CleanText(name is { Length: > 0 } ? name : checkout.MerchantCode), checkout.OccurredAt(),
            [
                .. lines.Where(line => line.Item2 is { Length: > 0 })
                    .Select(line => (line.Item1, CleanText(line.Item2 ?? ""))),
            ],
            merchant.Rules.Sandbox ? NoMoney : null);
    }

    private static string TextOf(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string? CardOf(Checkout checkout) => CardView.FromCard(checkout.Card) is { } card
        ? $"{card.Type} **** {card.Last4Digits}"
        : null;

    /// <summary>A text on one line: what ends a line, and other control characters, become spaces.</summary>
    private static string CleanText(string text) =>
        string.Concat(text.Select(one => char.IsControl(one) ? ' ' : one)).Trim();
}

using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.Search;

/// <summary>
/// What a person typed, read as a payment: an amount, a currency, a time of the day, a day, the last digits of a card.
/// A number of four digits may be an amount, an amount in minor units, or the end of a card.
/// </summary>
internal sealed partial record SearchText
{
    private const int MaxWords = 5;

    private decimal? Major { get; init; }

    private long? Minor { get; init; }

    private string? Currency { get; init; }

    private string? Last4 { get; init; }

    public TimeOnly? Time { get; init; }

    public DateOnly? Day { get; init; }

    /// <summary>Reads a text; null when a word of it is none of these.</summary>
    public static SearchText? Read(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is 0 or > MaxWords) return null;
        return words.Aggregate((SearchText?)new(), (read, word) => read?.With(word));
    }

    /// <summary>Whether an entry is about such a payment.</summary>
    public bool Fits(HistoryEntry entry)
    {
        var terms = entry.Checkout.Terms;
        return (Currency is null || terms.Amount.Currency == Currency)
            && ((Major is null && Minor is null && Last4 is null)
                || FitsAmount(terms.Amount, entry) || (Last4 is not null && entry.Checkout.Card?.Last4 == Last4));
    }

    private bool FitsAmount(Money money, HistoryEntry entry)
    {
        long[] amounts = entry.Refund is { } refund ? [refund.Amount] : [money.Value, entry.Checkout.TotalAmount()];
        return amounts.Any(amount => amount == Minor || money.Major(amount) == Major);
    }

    /// <summary>The same with one more word; null when it has no such word, or has it already.</summary>
    private SearchText? With(string word)
    {
        if (Currencies.MinorUnitOf(word.ToUpperInvariant()) is not null)
            return Currency is null ? this with { Currency = word.ToUpperInvariant() } : null;
        if (TimeOnly.TryParseExact(word, ["H:mm", "H:mm:ss"], CultureInfo.InvariantCulture, 0, out var time))
            return Time is null ? this with { Time = time } : null;
        if (CloudDay.Parse(word)?.Date is { } day) return Day is null ? this with { Day = day } : null;
        if (Card().Match(word) is { Success: true } card)
            return Last4 is null ? this with { Last4 = card.Groups[1].Value } : null;
        if (Major is not null || AmountText.Read(word) is not { } major) return null;
        var isWhole = word.All(char.IsAsciiDigit);
        return this with
        {
            Major = major,
            Minor = isWhole ? (long)Math.Min(major, Money.MaxValue) : null,
            Last4 = Last4 ?? (isWhole && word.Length == 4 ? word : null),
        };
    }

    /// <summary>The end of a card as receipts show it: with stars, dots or crosses before it.</summary>
    [GeneratedRegex(@"^[*•·.xX]+-?(\d{4})$")]
    private static partial Regex Card();
}

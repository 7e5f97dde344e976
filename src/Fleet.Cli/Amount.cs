using System.Globalization;
using Fleet.Core.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>
/// Amounts as people write them: <c>15.00 EUR</c>. They are parsed and printed as whole minor units, never as
/// fractions.
/// </summary>
internal static class Amount
{
    /// <summary>
    /// Reads an amount, which must have all decimals of its currency: with fewer it could be read in two ways.
    /// </summary>
    /// <exception cref="Failure">The text is not an amount.</exception>
    public static Proto.Money ParseMoney(string text)
    {
        var (number, currency) = text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, var second]
            ? (first, second)
            : throw WrongAmount(text, "15.00 EUR");
        if (Currencies.MinorUnitOf(currency) is not { } decimals)
            throw Failure.WrongUsage($"{currency} is not a currency that Fleet knows.", "Write it like 15.00 EUR.");
        var example = decimals == 0 ? $"1500 {currency}" : $"15.00 {currency}";
        var parts = number.Split('.');
        if (parts.Length != (decimals == 0 ? 1 : 2) || (decimals > 0 && parts[1].Length != decimals)
            || !parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit)))
            throw WrongAmount(text, example);
        if (!long.TryParse(string.Concat(parts), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value is < 1 or > Money.MaxValue)
            throw Failure.WrongUsage($"{text} must be more than nothing and at most {Money.MaxValue} minor units.");
        return new() { Currency = currency, MinorUnit = decimals, Value = value };
    }

    /// <summary>An amount for people.</summary>
    public static string FormatMoney(Proto.Money? amount) => amount is null ? "" : FormatMoney(amount, amount.Value);

    /// <summary>Another amount of the same currency, in minor units.</summary>
    public static string FormatMoney(Proto.Money amount, long value) =>
        new Money(amount.Currency, amount.MinorUnit, 1).TextOf(value);

    private static Failure WrongAmount(string text, string example) =>
        Failure.WrongUsage($"'{text}' is not an amount.", $"Write it like {example}, with all of its decimals.");
}

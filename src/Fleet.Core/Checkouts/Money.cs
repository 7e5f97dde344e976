using System.Collections.Frozen;
using System.Globalization;
using Orleans;

namespace Fleet.Core.Checkouts;

/// <summary>An amount in whole minor units, as SumUp writes it: 15.00 EUR is value 1500 with minor unit 2.</summary>
/// <param name="Currency">ISO 4217 code, one of <see cref="Currencies"/>.</param>
/// <param name="MinorUnit">Decimals of the currency: 0 or 2.</param>
/// <param name="Value">Whole minor units, 1 to <see cref="MaxValue"/>.</param>
[GenerateSerializer, Immutable, Alias("fleet.money")]
public sealed record Money(
    [property: Id(0)] string Currency,
    [property: Id(1)] int MinorUnit,
    [property: Id(2)] long Value)
{
    /// <summary>
    /// The largest amount, chosen by us: far above any sale, and far below an overflow when a tip is added.
    /// </summary>
    public const long MaxValue = 999_999_999_999;

    /// <summary>An amount of this currency in major units, with all of its decimals: 1500 is 15.00.</summary>
    public decimal Major(long minor) =>
        new((int)minor, (int)(minor >> 32), 0, isNegative: false, scale: (byte)MinorUnit);

    /// <summary>An amount of this currency for people: 1500 is <c>15.00 EUR</c>.</summary>
    public string TextOf(long minor) => string.Create(CultureInfo.InvariantCulture, $"{Major(minor)} {Currency}");

    /// <summary>
    /// An amount in major units converted to minor units; null when it has more decimals than the currency.
    /// </summary>
    /// <param name="major">At most <see cref="MaxValue"/>.</param>
    public long? Minor(decimal major)
    {
        for (var i = 0; i < MinorUnit; i++) major *= 10;
        return major == decimal.Truncate(major) ? (long)major : null;
    }
}

/// <summary>Amounts that callers write in major units, for example 15.00.</summary>
public static class MajorAmounts
{
    /// <summary>
    /// Digits after the point that a .NET decimal holds exactly for the largest amount. A number with more digits was
    /// rounded when it was read, so it is refused.
    /// </summary>
    private const int ExactDecimals = 15;

    /// <summary>
    /// An amount that may be missing, converted to minor units. An amount that the currency does not have is refused
    /// and never rounded.
    /// </summary>
    /// <param name="fields">Where an error is added.</param>
    /// <param name="field">The name of the field.</param>
    /// <param name="major">The amount, in major units.</param>
    /// <param name="money">An amount of the same currency.</param>
    /// <returns>Minor units; null when the amount is missing or wrong.</returns>
    public static long? CheckMajorAmount(this FieldCheck fields, string field, decimal? major, Money money)
    {
        if (major is not { } amount) return null;
        var wrong = amount switch
        {
            <= 0 => "must be greater than zero",
            > Money.MaxValue => "is too large",
            _ when amount.Scale > ExactDecimals || money.Minor(amount) is null =>
                $"must have at most {money.MinorUnit} decimals",
            _ => null,
        };
        if (wrong is null) return money.Minor(amount);
        fields.AddError(field, wrong);
        return null;
    }
}

/// <summary>The currencies SumUp settles, with their decimals (CLP, COP and HUF have none).</summary>
public static class Currencies
{
    private static readonly FrozenDictionary<string, int> Decimals = new[]
    {
        "BGN", "BRL", "CHF", "CLP", "COP", "CZK", "DKK", "EUR", "GBP", "HRK", "HUF", "NOK", "PLN", "RON", "SEK", "USD",
    }.ToFrozenDictionary(code => code, code => code is "CLP" or "COP" or "HUF" ? 0 : 2);

    /// <summary>The codes of all currencies, sorted.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Decimals.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The decimals of a currency, or null when SumUp does not know the currency.</summary>
    public static int? MinorUnitOf(string currency) => Decimals.TryGetValue(currency, out var unit) ? unit : null;
}

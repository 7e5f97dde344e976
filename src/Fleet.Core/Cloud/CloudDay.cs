using System.Globalization;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>A checkout and its transaction in the cloud; one of them may be missing.</summary>
/// <param name="Ours">The checkout.</param>
/// <param name="Theirs">The transaction.</param>
public sealed record PaymentPair(Checkout? Ours, CloudTransaction? Theirs)
{
    /// <summary>When it happened: the ledger's time, and the cloud's where the ledger has none.</summary>
    public DateTimeOffset At => Ours?.OccurredAt() ?? Theirs?.At ?? default;

    /// <summary>Whether the cloud charged the card, and the ledger does not have it.</summary>
    public bool IsLateCharge => this is { Ours.State: not CheckoutState.Successful, Theirs.Charged: true };
}

/// <summary>What one side says of the payments of a day in one currency; amounts in minor units.</summary>
/// <param name="Payments">How many were charged.</param>
/// <param name="Charged">Their sum, with the tips.</param>
/// <param name="Refunded">What was given back of them until now.</param>
[GenerateSerializer, Immutable, Alias("fleet.side-sum")]
public sealed record SideSum(
    [property: Id(0)] int Payments, [property: Id(1)] long Charged, [property: Id(2)] long Refunded);

/// <summary>What both sides say of the payments of a day in one currency.</summary>
[GenerateSerializer, Immutable, Alias("fleet.currency-sum")]
public sealed record CurrencySum(
    [property: Id(0)] string Currency, [property: Id(1)] int MinorUnit,
    [property: Id(2)] SideSum Ours, [property: Id(3)] SideSum Theirs);

/// <summary>A day on which a merchant's payments are compared with the cloud. It is a day of UTC.</summary>
/// <param name="Date">The day.</param>
public sealed record CloudDay(DateOnly Date)
{
    /// <summary>
    /// How much more than the day is read, before and after it, because the two sides have different clocks, and a
    /// payment may have begun before midnight.
    /// </summary>
    public static readonly TimeSpan Slack = TimeSpan.FromHours(2);

    private const string Format = "yyyy-MM-dd";

    public DateTimeOffset Begins => new(Date, TimeOnly.MinValue, TimeSpan.Zero);

    public DateTimeOffset Ends => Begins.AddDays(1);

    /// <summary>The beginning of what is read.</summary>
    public DateTimeOffset ReadFrom => Begins - Slack;

    /// <summary>The end of what is read.</summary>
    public DateTimeOffset ReadTo => Ends + Slack;

    /// <summary>The day of a text like 2026-11-28; null when it is none.</summary>
    public static CloudDay? Parse(string text) =>
        DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? new(date)
            : null;

    /// <summary>The day before a time, once it is to be compared; null until then.</summary>
    /// <param name="at">The time of the day from which that is done.</param>
    /// <param name="now">The time.</param>
    public static CloudDay? FindDue(TimeOnly at, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var day = new CloudDay(today.AddDays(-1));
        return day.IsOver(now) && TimeOnly.FromDateTime(now.UtcDateTime) >= at ? day : null;
    }

    /// <summary>Whether all that is read has happened.</summary>
    public bool IsOver(DateTimeOffset now) => now >= ReadTo;

    /// <summary>Whether a pair belongs to the day, and not to the time that is read before and after it.</summary>
    public bool Contains(PaymentPair pair) => pair.At >= Begins && pair.At < Ends;

    /// <summary>The sums of both sides by currency.</summary>
    /// <param name="pairs">The pairs of the day.</param>
    public static IReadOnlyList<CurrencySum> SumUp(IReadOnlyCollection<PaymentPair> pairs)
    {
        var ours = pairs.Select(pair => pair.Ours).OfType<Checkout>()
            .Where(paid => paid.State is CheckoutState.Successful).ToLookup(paid => UnitOf(paid.Terms.Amount));
        var theirs = pairs.Select(pair => pair.Theirs).OfType<CloudTransaction>()
            .Where(paid => paid.Charged).ToLookup(paid => UnitOf(paid.Amount));
        return
        [
            .. ours.Select(group => group.Key).Union(theirs.Select(group => group.Key))
                .OrderBy(unit => unit.Currency, StringComparer.Ordinal)
                .Select(unit => new CurrencySum(unit.Currency, unit.MinorUnit,
                    new(ours[unit].Count(), ours[unit].Sum(paid => paid.TotalAmount()),
                        ours[unit].Sum(paid => paid.RefundedAmount())),
                    new(theirs[unit].Count(), theirs[unit].Sum(paid => paid.Amount.Value),
                        theirs[unit].Sum(paid => paid.Refunded ?? 0)))),
        ];
    }

    /// <summary>The day as a text like 2026-11-28.</summary>
    public override string ToString() => Date.ToString(Format, CultureInfo.InvariantCulture);

    private static (string Currency, int MinorUnit) UnitOf(Money amount) => (amount.Currency, amount.MinorUnit);
}

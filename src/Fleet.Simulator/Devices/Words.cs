using System.Globalization;
using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>What people read.</summary>
internal static class Words
{
    /// <summary>More decimals than any currency has would only be a hostile order.</summary>
    private const int MostDecimals = 6;

    /// <summary>What the order asks for, for example <c>12.50 EUR</c>.</summary>
    public static string Of(CheckoutOrder order) => $"{Major(order.Amount, order)} {order.Currency}";

    /// <summary>How it ended, for example <c>approved 12.50 EUR + 1.25 tip</c>.</summary>
    public static string Of(JournaledResult result, CheckoutOrder order) => result switch
    {
        { Tip: > 0 } => $"{result.Outcome} {Of(order)} + {Major(result.Tip, order)} tip",
        { Outcome: Outcomes.Approved } => $"{result.Outcome} {Of(order)}",
        { Reason: { } reason } => $"{result.Outcome}: {reason}",
        _ => result.Outcome,
    };

    private static string Major(long minor, CheckoutOrder order)
    {
        var decimals = Math.Clamp(order.MinorUnit, 0, MostDecimals);
        var unit = 1m;
        for (var i = 0; i < decimals; i++) unit *= 10;
        return (minor / unit).ToString("F" + decimals, CultureInfo.InvariantCulture);
    }
}

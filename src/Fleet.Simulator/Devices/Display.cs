using System.Globalization;
using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>Texts for people.</summary>
internal static class Display
{
    /// <summary>No currency has more decimals; a checkout with more is wrong.</summary>
    private const int MostDecimals = 6;

    /// <summary>What the checkout asks for, for example <c>12.50 EUR</c>.</summary>
    public static string DescribeOrder(CheckoutDisplay checkout) =>
        $"{FormatMajor(checkout.Amount, checkout)} {checkout.Currency}";

    /// <summary>How it ended, for example <c>approved 12.50 EUR + 1.25 tip</c>.</summary>
    public static string DescribeResult(JournaledResult result, CheckoutDisplay checkout) => result switch
    {
        { Tip: > 0 } => $"{result.Outcome} {DescribeOrder(checkout)} + {FormatMajor(result.Tip, checkout)} tip",
        { Outcome: Outcomes.Approved } => $"{result.Outcome} {DescribeOrder(checkout)}",
        { Reason: { } reason } => $"{result.Outcome}: {reason}",
        _ => result.Outcome,
    };

    private static string FormatMajor(long minor, CheckoutDisplay checkout)
    {
        var decimals = Math.Clamp(checkout.MinorUnit, 0, MostDecimals);
        var unit = 1m;
        for (var i = 0; i < decimals; i++) unit *= 10;
        return (minor / unit).ToString("F" + decimals, CultureInfo.InvariantCulture);
    }
}

using System.Globalization;
using Fleet.Core.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.History;

/// <summary>What the page shows.</summary>
/// <param name="From">The first day, of UTC.</param>
/// <param name="To">The last day.</param>
/// <param name="Rows">The payments and refunds of this page, the newest first.</param>
/// <param name="Next">Where the next page begins; empty after the last one.</param>
/// <param name="Read">Entries that were looked at for this page.</param>
/// <param name="Cut">Whether the search stopped before it had looked at all of the period.</param>
/// <param name="Period">The totals of the whole period, one line for each currency.</param>
/// <param name="Days">The totals by day and store.</param>
/// <param name="MoreDays">Whether there are more lines than these.</param>
public sealed record HistoryPageView(
    string From, string To, IReadOnlyList<PaymentRow> Rows, string Next, int Read, bool Cut,
    IReadOnlyList<TotalRow> Period, IReadOnlyList<TotalRow> Days, bool MoreDays);

/// <summary>The totals of a day and a store, or of the whole period. Amounts are in major units.</summary>
/// <param name="Day">The day, of UTC; empty for the whole period.</param>
/// <param name="Store">The store; empty for all.</param>
/// <param name="Currency">The currency of the amounts.</param>
/// <param name="Charged">Payments that were charged.</param>
/// <param name="Amount">What they were charged, without tips.</param>
/// <param name="Tips">Tips on top.</param>
/// <param name="NotCharged">Payments that failed or were cancelled.</param>
/// <param name="Disputed">Payments that are in dispute.</param>
/// <param name="Refunds">Refunds.</param>
/// <param name="Refunded">What was given back.</param>
public sealed record TotalRow(
    string Day, string Store, string Currency, long Charged, string Amount, string Tips, long NotCharged, long Disputed,
    long Refunds, string Refunded)
{
    /// <summary>Lines of totals, with the kinds of each line side by side.</summary>
    internal static IReadOnlyList<TotalRow> ListRows(IEnumerable<Proto.Total> totals) =>
    [
        .. totals.GroupBy(one => (one.Day, one.Store, one.Currency, one.MinorUnit))
            .OrderByDescending(line => line.Key.Day, StringComparer.Ordinal).ThenBy(line => line.Key.Store)
            .Select(FromKinds),
    ];

    private static TotalRow FromKinds(
        IGrouping<(string Day, string Store, string Currency, int MinorUnit), Proto.Total> line)
    {
        var (key, money) = (line.Key, new Money(line.Key.Currency, line.Key.MinorUnit, 1));
        Proto.Total Of(string kind) => line.FirstOrDefault(one => one.Kind == kind) ?? new();
        string Major(long minor) => money.Major(minor).ToString(CultureInfo.InvariantCulture);
        return new(
            key.Day, key.Store, key.Currency, Of("successful").Count, Major(Of("successful").Amount),
            Major(Of("successful").Tips), Of("failed").Count + Of("cancelled").Count, Of("disputed").Count,
            Of("refunded").Count, Major(Of("refunded").Amount));
    }
}

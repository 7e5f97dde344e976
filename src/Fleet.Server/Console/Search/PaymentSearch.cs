using System.Globalization;
using Fleet.Core.Access;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.History;

namespace Fleet.Server.Console.Search;

/// <summary>
/// Finds payments by amount, card and time. No index knows these, so only a part of the history is read.
/// </summary>
internal static class PaymentSearch
{
    /// <summary>Days that are read when no time is given.</summary>
    private const int Days = 3;

    /// <summary>Payments that are shown.</summary>
    private const int MaxHits = 50;

    /// <summary>Payments without an outcome that are looked through.</summary>
    private const int MaxOpen = 500;

    /// <summary>The zones of the earth are within these, in minutes from UTC.</summary>
    private const int MaxZone = 14 * 60;

    /// <summary>How far a payment may be from the time that was typed.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromMinutes(15);

    /// <summary>The payments that fit, the newest first, and how far the search went.</summary>
    public static async Task<(IReadOnlyList<PaymentRow> Rows, IReadOnlyList<string> Notes)> Find(
        PageRequest page, string text, string merchant)
    {
        if (SearchText.Read(text) is not { } wanted || !page.Can(Scopes.TransactionsRead)) return ([], []);
        if (page.Viewer?.Grant.Store is not null)
            return ([], ["Amounts, cards and times are found with a key of the whole merchant only."]);
        var scope = await page.Api.Admit(HistoryRoutes.History, merchant);
        var zone = ReadZone(page.Query("zone"));
        var (from, until) = RangeOf(wanted, page.Get<TimeProvider>().GetUtcNow(), zone);
        var found = await page.Get<PaymentScan>().Find(scope.Code, new HistoryQuery
        {
            Limit = MaxHits, Descending = true,
            After = HistoryKey.BeforeTime(from), Until = HistoryKey.BeforeTime(until),
        }, wanted.Fits, page.Aborted);
        var open = await page.Get<ITransactions>().ListStarted(scope.Code, MaxOpen, page.Aborted);
        var rows = open.Where(one => one.AcceptedAt >= from && one.AcceptedAt < until)
            .Select(one => new HistoryEntry(one.Id, HistoryKind.Payment, one)).Where(wanted.Fits)
            .Concat(found.Entries).Select(PaymentRow.FromEntry).ToList();
        return (rows, [Tell(found, from, until, zone)]);
    }

    /// <summary>The times between which the payment was.</summary>
    private static (DateTimeOffset From, DateTimeOffset Until) RangeOf(
        SearchText wanted, DateTimeOffset now, TimeSpan zone)
    {
        var here = now.ToOffset(zone);
        var today = DateOnly.FromDateTime(here.DateTime);
        if (wanted.Time is { } time)
        {
            var at = new DateTimeOffset(wanted.Day ?? today, time, zone);
            if (wanted.Day is null && at - Around > now) at = at.AddDays(-1); // it was yesterday
            return (at - Around, at + Around);
        }
        if (wanted.Day is not { } day) return (now.AddDays(-Days), now.AddMinutes(1));
        var begins = new DateTimeOffset(day, default, zone);
        return (begins, begins.AddDays(1));
    }

    private static string Tell(PaymentsFound found, DateTimeOffset from, DateTimeOffset until, TimeSpan zone)
    {
        string Text(DateTimeOffset at) =>
            at.ToOffset(zone).ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);
        var range = $"Payments were searched from {Text(from)} to {Text(until)}.";
        if (found.Next is null) return range;
        var limit = found.Entries.Count == MaxHits
            ? $"There are more than these {MaxHits}"
            : $"Only the newest {found.Read} were looked at";
        return $"{range} {limit}: add a time, for example 14:30.";
    }

    /// <summary>The viewer's distance from UTC, which the script adds; without it the times are of UTC.</summary>
    private static TimeSpan ReadZone(string minutes) =>
        int.TryParse(minutes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var offset)
        && Math.Abs(offset) <= MaxZone
            ? TimeSpan.FromMinutes(offset)
            : TimeSpan.Zero;
}

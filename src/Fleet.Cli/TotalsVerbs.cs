using System.CommandLine;
using System.Globalization;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that show the totals of days, and that compare them with the ledger.</summary>
internal static class TotalsVerbs
{
    private const int PageSize = 500;

    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>How long the node may take longer than usual to compare a day.</summary>
    private static readonly TimeSpan NodeCompares = TimeSpan.FromMinutes(5);

    private static readonly string[] Heads = ["DAY", "STORE", "KIND", "COUNT", "AMOUNT", "TIPS"];

    private static readonly string[] SheetHeads = [.. Heads, "CURRENCY"];

    private static readonly string[] DifferenceHeads = ["DAY", "STORE", "KIND", "TOTAL WAS", "LEDGER HAS"];

    public static Command BuildCommand(CommandLine line)
    {
        var from = OptionFactory.CreateText("--from", "day", "The first day of UTC, like 2026-11-01. Default today.");
        var to = OptionFactory.CreateText("--to", "day", "The last day. Default today.");
        var store = OptionFactory.CreateText("--store", "store", "Only this store.");
        var byStore = OptionFactory.CreateSwitch("--by-store", "A row for each store.");
        var whole = OptionFactory.CreateSwitch("--whole-period", "One row for all days.");
        var csv = CsvText.CreateOption();
        var command = line.BuildVerb("totals", "Counts and sums of payments and refunds by day, currency and kind.",
            session => PrintTotals(session, new()
            {
                From = session.GetText(from),
                To = session.GetText(to),
                Store = session.GetText(store),
                ByStore = session.GetValue(byStore),
                WholePeriod = session.GetValue(whole),
                PageSize = PageSize,
            }, session.GetValue(csv)), from, to, store, byStore, whole, csv);
        command.Add(BuildRebuild(line));
        return command;
    }

    private static Command BuildRebuild(CommandLine line)
    {
        var from = OptionFactory.CreateText("--from", "day", "The first day. Default the first with payments.");
        var to = OptionFactory.CreateText("--to", "day", "The last day. Default today.");
        return line.BuildVerb("rebuild",
            "Compare the totals of each day with the ledger, and correct them. Exit code 1: some day still differs.",
            session => Rebuild(session, session.GetText(from), session.GetText(to)), from, to);
    }

    private static async Task PrintTotals(Session session, Proto.ListTotalsRequest ask, bool csv)
    {
        var all = new Proto.ListTotalsReply();
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            var page = await session.Node.Totals.ListAsync(ask, session.Call);
            all.Rows.AddRange(page.Rows);
            all.ComparedAt = page.ComparedAt;
            return page.NextPageToken;
        });
        if (csv) await CsvText.Print(session, SheetHeads, all.Rows.Select(ToSheet));
        else await session.PrintAnswer(all, () => session.Terminal.PrintTable(Heads, all.Rows.Select(ToCells)));
        if (all.ComparedAt is null)
            await session.PrintHint("They were never compared with the ledger: 'fleet totals rebuild' does that.");
    }

    /// <summary>Goes from the last day to the first; a day without payments is passed over.</summary>
    private static async Task<int> Rebuild(Session session, string from, string to)
    {
        var (agreed, differed, proved) = (0, 0, true);
        var day = to.Length > 0 ? to : session.Now.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        for (var days = 1; ; days++)
        {
            var reply = await session.Node.Totals.RebuildAsync(
                new() { Day = day }, session.Node.WithDeadline(session.Cancel, NodeCompares));
            await session.PrintAnswer(reply, () => PrintDifferences(session, reply));
            (agreed, differed) = (agreed + reply.Agreed, differed + reply.Differences.Count);
            if (!reply.Proved)
            {
                proved = false;
                await session.PrintHint($"{day} still differs: payments of this day were compared by others, too.");
            }
            day = reply.EarlierDay;
            if (day.Length > 0 && string.CompareOrdinal(day, from) >= 0) continue;
            await session.PrintHint($"{Display.CountOf(days, "day")}: {Display.CountOf(agreed, "row")} agreed with the "
                + $"ledger, {differed} differed{(differed > 0 && proved ? " and were corrected" : "")}.");
            return proved ? ExitCode.Done : ExitCode.Refused;
        }
    }

    private static Task PrintDifferences(Session session, Proto.RebuildTotalsReply reply) =>
        reply.Differences.Count == 0
            ? Task.CompletedTask
            : session.Terminal.PrintTable(DifferenceHeads, reply.Differences.Select(one => new[]
            {
                one.Ledger.Day, one.Ledger.Store, one.Ledger.Kind, DescribeSum(one.Was), DescribeSum(one.Ledger),
            }));

    private static string DescribeSum(Proto.Total total) => $"{total.Count}: {FormatMoney(total, total.Amount)}"
        + (total.Tips == 0 ? "" : $" and tips of {FormatMoney(total, total.Tips)}");

    private static string[] ToCells(Proto.Total total) =>
    [
        total.Day, total.Store, total.Kind, total.Count.ToString(CultureInfo.InvariantCulture),
        FormatMoney(total, total.Amount), total.Tips == 0 ? "" : FormatMoney(total, total.Tips),
    ];

    /// <summary>The same with the currency in a column of its own, so that a spreadsheet can add up.</summary>
    private static string[] ToSheet(Proto.Total total) =>
    [
        total.Day, total.Store, total.Kind, total.Count.ToString(CultureInfo.InvariantCulture),
        FormatMoney(total, total.Amount).Split(' ')[0], FormatMoney(total, total.Tips).Split(' ')[0], total.Currency,
    ];

    /// <summary>A total that is wrong may be less than nothing.</summary>
    private static string FormatMoney(Proto.Total total, long value) => (value < 0 ? "-" : "")
        + Amount.FormatMoney(new() { Currency = total.Currency, MinorUnit = total.MinorUnit }, Math.Abs(value));
}

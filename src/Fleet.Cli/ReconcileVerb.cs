using System.CommandLine;
using System.Globalization;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that compares the payments of a day with SumUp's history.</summary>
internal static class ReconcileVerb
{
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>How long the node may take longer than usual to answer.</summary>
    private static readonly TimeSpan NodeWaits = TimeSpan.FromSeconds(25);

    /// <summary>The pause between two looks at a comparison that goes on, and how long it is waited for.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromMinutes(30);

    private static readonly string[] Heads =
        ["TIME", "DIFFERENCE", "FLEET", "SUMUP", "CHECKOUT", "SUMUP'S CODE", "WHAT TO DO"];

    private static readonly string[] SumHeads = ["CURRENCY", "SIDE", "PAYMENTS", "CHARGED", "GIVEN BACK"];

    public static Command BuildCommand(CommandLine line)
    {
        var day = OptionFactory.CreateText("--day", "day", "A day of UTC like 2026-11-28. Default yesterday.");
        var stored = OptionFactory.CreateSwitch("--stored", "Show the last result, and compare nothing.");
        return line.BuildVerb("reconcile",
            "Compare the payments of a day with SumUp's history. Exit code 1: they differ; 4: not complete.",
            session => Compare(session, DayOf(session, day), session.GetValue(stored)), day, stored);
    }

    private static string DayOf(Session session, Option<string> day) => session.GetText(day) is { Length: > 0 } given
        ? given
        : session.Now.UtcDateTime.AddDays(-1).ToString(DayFormat, CultureInfo.InvariantCulture);

    private static async Task<int> Compare(Session session, string day, bool stored)
    {
        var node = session.Node.Reconciliation;
        var report = stored
            ? await node.GetDayAsync(new() { Day = day }, session.Call)
            : await node.RunDayAsync(new() { Day = day }, session.Node.WithDeadline(session.Cancel, NodeWaits));
        var until = session.Now + Patience;
        while (report.State is Proto.DayState.Running && !stored && session.Now < until)
        {
            await session.PrintHint($"{Display.CountOf(report.TransactionsRead, "transaction")} of SumUp read so far.");
            await Task.Delay(LookPause, session.Terminal.Time, session.Cancel);
            report = await node.GetDayAsync(new() { Day = day }, session.Call);
        }
        await session.PrintAnswer(report, () => PrintReport(session, report));
        return report.Counts.Count > 0 ? ExitCode.Refused : report.Complete ? ExitCode.Done : ExitCode.NotComplete;
    }

    private static async Task PrintReport(Session session, Proto.DayReport report)
    {
        var say = session.Terminal;
        if (report.Differences.Count > 0)
        {
            await say.PrintTable(Heads, report.Differences.Select(ToCells));
            await say.PrintLine("");
        }
        if (report.Sums.Count > 0)
        {
            await say.PrintTable(SumHeads, report.Sums.SelectMany(ToCells));
            await say.PrintLine("");
        }
        await say.PrintLine(Terminal.ToPlainText(DescribeResult(report)));
    }

    private static string DescribeResult(Proto.DayReport report)
    {
        var all = report.Counts.Sum(one => one.Count);
        var what = $"{report.MerchantCode} on {report.Day}";
        return report switch
        {
            { State: Proto.DayState.Unspecified } => $"{what} was not compared yet.",
            { State: Proto.DayState.Running } => $"{what} is still compared: look again with --stored.",
            _ => $"{what}: {Display.CountOf(all, "difference")}"
                + (all > report.Differences.Count ? $", of which {report.Differences.Count} are shown" : "")
                + $", compared at {report.FinishedAt.ToText()}."
                + (report.Complete ? "" : $" It is not complete: {report.Problem}"),
        };
    }

    private static string[] ToCells(Proto.Difference one) =>
    [
        one.At.ToText(), WordOf(one.Kind), DescribeSide(one.Ours), DescribeSide(one.Theirs), one.CheckoutId,
        one.TransactionCode, AdviceFor(one),
    ];

    private static IEnumerable<string[]> ToCells(Proto.CurrencySum sum) =>
        new[] { ("Fleet", sum.Ours), ("SumUp", sum.Theirs) }.Select(side => new[]
        {
            sum.Currency, side.Item1, $"{side.Item2.Payments}", FormatMoney(sum, side.Item2.Charged),
            FormatMoney(sum, side.Item2.Refunded),
        });

    private static string FormatMoney(Proto.CurrencySum sum, long value) =>
        Amount.FormatMoney(new() { Currency = sum.Currency, MinorUnit = sum.MinorUnit, Value = value });

    private static string DescribeSide(Proto.DifferenceSide? side)
    {
        if (side is null) return "nothing";
        var tip = side is { HasTip: true, Tip: > 0 } ? $", tip {Amount.FormatMoney(side.Amount, side.Tip)}" : "";
        var back = side is { HasRefunded: true, Refunded: > 0 }
            ? $", {Amount.FormatMoney(side.Amount, side.Refunded)} given back"
            : "";
        return $"{side.Status}, {Amount.FormatMoney(side.Amount)}{tip}{back}";
    }

    private static string WordOf(Proto.DifferenceKind kind) => kind switch
    {
        Proto.DifferenceKind.OursOnly => "only Fleet has it",
        Proto.DifferenceKind.TheirsOnly => "only SumUp has it",
        Proto.DifferenceKind.AmountDiffers => "amount",
        Proto.DifferenceKind.TipDiffers => "tip",
        Proto.DifferenceKind.StatusDiffers => "status",
        Proto.DifferenceKind.RefundDiffers => "refund",
        _ => $"{kind}",
    };

    private static string AdviceFor(Proto.Difference one) => one switch
    {
        { Kind: Proto.DifferenceKind.OursOnly } => "ask SumUp for the payment, and compare again",
        { Kind: Proto.DifferenceKind.TheirsOnly } =>
            "see whether it was made without Fleet; if not, the customer may have paid twice",
        { Kind: Proto.DifferenceKind.StatusDiffers, Theirs.Status: "successful" } =>
            "the card was charged: refund it at SumUp, or book the sale",
        { Kind: Proto.DifferenceKind.StatusDiffers } => "look at the payment at SumUp",
        { Kind: Proto.DifferenceKind.RefundDiffers } => "compare the refunds of 'fleet why' with those at SumUp",
        _ => "book what SumUp charged",
    };
}

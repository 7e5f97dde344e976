using System.CommandLine;
using System.Globalization;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that prints the state of the fleet in numbers.</summary>
internal static class StatusVerb
{
    private static readonly string[] Heads =
        ["MERCHANT", "STORE", "READERS", "FREE", "BUSY", "OFFLINE", "UNPAIRED", "SILENT", "UNKNOWN", "WAITING",
            "ERROR"];

    public static Command BuildCommand(CommandLine line)
    {
        var stores = OptionFactory.CreateTexts("--store", "store", "Only this store. Again for more of them.");
        return line.BuildVerb("status", "Readers of all stores in numbers, and what is wrong.",
            session => PrintStatus(session, session.GetValue(stores) ?? []), stores);
    }

    private static async Task<int> PrintStatus(Session session, string[] stores)
    {
        var ask = new Proto.FleetStatusRequest { ByStore = true };
        ask.Stores.AddRange(stores);
        var status = await session.Node.Status.GetAsync(ask, session.Call);
        await session.PrintAnswer(status, async () =>
        {
            var rows = status.Rows.Select(row => ToCells(row.MerchantCode, row.Store, row.Readers ?? new(), row.Error));
            if (status.Rows.Count > 1) rows = rows.Append(ToCells("all", "", status.Readers, ""));
            await session.Terminal.PrintTable(Heads, rows);
            if (CloudText.DescribeCloud(status) is { } trouble) await session.Terminal.PrintLine(trouble);
            foreach (var problem in status.Problems)
                await session.Terminal.PrintLine(Terminal.ToPlainText(DescribeProblem(problem)));
            if (status.Adoptable > 0)
                await session.Terminal.PrintLine($"SumUp has {Display.CountOf(status.Adoptable, "reader")} that Fleet "
                    + "does not have: see 'fleet readers adopt --dry-run'.");
            await session.Terminal.PrintLine(
                $"{Display.CountOf(status.Nodes.Count, "node")}: {FormatNodes(status.Nodes)}");
            await session.Terminal.PrintLine($"Version: {Terminal.ToPlainText(status.Version)}");
            if (status.Database.Length > 0)
                await session.Terminal.PrintLine($"Database: {Terminal.ToPlainText(status.Database)}");
        });
        return status.Failed == 0 ? ExitCode.Done : ExitCode.Refused;
    }

    /// <summary>What is wrong with a reader.</summary>
    public static string DescribeProblem(Proto.ReaderProblem problem)
    {
        var what = problem.Problem switch
        {
            "checkout_open_long" => "has had one checkout for long",
            "pairing_expired" => "has no pairing that its device has confirmed",
            "pairing_replaced" => problem.ReplacedBy.Length > 0
                ? $"is replaced by {problem.ReplacedBy}, as which its device was paired again"
                : "is replaced by another reader, as which its device was paired again",
            "offline" => "is offline",
            "battery_low" => "has a low battery",
            "phantom_accept" => "has no result of a payment that SumUp took ('fleet why' says more)",
            "stuck" => "is refused by SumUp as busy again and again (cancel the payment on it, or restart it)",
            "refused_key" => "is refused by SumUp, which does not accept the API key of the merchant",
            "removed" => "is not known to SumUp any more (pair it again)",
            "unreachable" => "could not be used, because SumUp was not reached",
            var other => other,
        };
        return $"{problem.Name} ({problem.ReaderId}) in {problem.Store} {what}";
    }

    public static string FormatNodes(IEnumerable<Proto.ClusterNode> nodes) => string.Join(", ", nodes.Select(node =>
        node.State is "active" ? node.Name : $"{node.Name} ({node.State})"));

    private static string[] ToCells(string merchant, string store, Proto.ReaderCounts readers, string error)
    {
        int[] numbers =
        [
            readers.Total, readers.Free, readers.Busy, readers.Offline, readers.Unpaired, readers.Silent,
            readers.Unknown, readers.Waiting,
        ];
        return [merchant, store, .. numbers.Select(one => one.ToString(CultureInfo.InvariantCulture)), error];
    }
}

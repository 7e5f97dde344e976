using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fleet.Core.Access;
using Google.Protobuf;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that export the audit, and verify it in Fleet or from an exported file.</summary>
internal static class AuditVerbs
{
    private const int PageSize = 500;

    private static readonly JsonParser Rows = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static Command BuildCommand(CommandLine line)
    {
        var file =
            OptionFactory.CreateText("--file", "file", "Verify rows that were exported, instead of those in Fleet.");
        return CommandLine.BuildGroup("audit", "Export the audit and verify it.",
            BuildExport(line),
            line.BuildVerb("verify", "Check whether a row of the audit was changed or removed.",
                session => session.GetValue(file) is { } path ? VerifyFile(session, path) : VerifyRows(session), file));
    }

    private static Command BuildExport(CommandLine line)
    {
        var from = OptionFactory.CreateTime("--from", "Not older than this.", line.Time);
        var to = OptionFactory.CreateTime("--to", "Older than this.", line.Time);
        var action = OptionFactory.CreateText("--action", "action", "Only this, for example checkout.start.");
        var key = OptionFactory.CreateText("--key", "id", "Only what was done with this key.");
        return line.BuildVerb("export", "Rows of the audit, the newest first, each as a line of JSON.",
            session => ExportRows(session, new()
            {
                From = session.GetValue(from),
                To = session.GetValue(to),
                Action = session.GetText(action),
                KeyId = session.GetText(key),
                MerchantCode = session.Settings.Merchant ?? "",
                PageSize = PageSize,
            }), from, to, action, key);
    }

    private static async Task ExportRows(Session session, Proto.ListAuditRequest ask)
    {
        var count = 0;
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            var page = await session.Node.Audit.ListAsync(ask, session.Call);
            foreach (var row in page.Rows) await session.Terminal.PrintLine(MessageJson.ToText(row));
            count += page.Rows.Count;
            return page.NextPageToken;
        });
        await session.PrintHint($"{Display.CountOf(count, "row")}.");
    }

    private static async Task<int> VerifyRows(Session session)
    {
        var sum = new Proto.VerifyAuditReply();
        await Pages.Walk(async token =>
        {
            var told = await session.Node.Audit.VerifyAsync(new() { PageToken = token },
                session.Node.WithDeadline(session.Cancel, TimeSpan.FromMinutes(1)));
            (sum.Rows, sum.Broken, sum.NextPageToken) = (sum.Rows + told.Rows, told.Broken, told.NextPageToken);
            return sum.Broken is null ? told.NextPageToken : "";
        });
        return await PrintResult(session, sum);
    }

    /// <summary>
    /// Verifies exported rows by their hashes alone. An export of a time range begins and ends within chains, so only a
    /// row that is missing between two exported rows counts as missing.
    /// </summary>
    private static Task<int> VerifyFile(Session session, string path)
    {
        var sum = new Proto.VerifyAuditReply();
        AuditRow? before = null;
        foreach (var row in ReadRows(path).OrderBy(row => row.Chain).ThenBy(row => row.Seq))
        {
            var wrong = before?.Chain == row.Chain
                ? row.WrongAfter(before)
                : row.Hash == row.RightHash() ? null : "this row was changed";
            if (wrong is not null)
            {
                sum.Broken = new() { Chain = $"{row.Chain}", Seq = row.Seq, Problem = wrong };
                break;
            }
            sum.Rows++;
            before = row;
        }
        return PrintResult(session, sum);
    }

    private static async Task<int> PrintResult(Session session, Proto.VerifyAuditReply told)
    {
        await session.PrintAnswer(told, told.Broken is { } broken
            ? $"{Display.CountOf(told.Rows, "row")} fit; row {broken.Seq} of chain {broken.Chain} does not: "
                + $"{broken.Problem}."
            : $"{Display.CountOf(told.Rows, "row")}, and all fit.");
        return told.Broken is null ? ExitCode.Done : ExitCode.Refused;
    }

    private static IEnumerable<AuditRow> ReadRows(string path)
    {
        foreach (var (i, line) in Files.ReadText(path, "--file").Split('\n').Index())
        {
            // the last line of a file that the retention wrote is no row
            if (line.Length > 0 && !line.StartsWith("{\"manifest\":", StringComparison.Ordinal))
                yield return RowOf(line, i + 1);
        }
    }

    private static AuditRow RowOf(string line, int number)
    {
        try
        {
            var row = Rows.Parse<Proto.AuditRow>(line);
            var at = DateTimeOffset.Parse(row.At, CultureInfo.InvariantCulture);
            var note = new AuditNote(row.KeyId, row.KeyName, row.MerchantCode, row.Action, row.Subject, row.Detail,
                row.RemoteAddress);
            return new(Guid.Parse(row.Chain), row.Seq, at, row.Node, note, row.Prev, row.Hash);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or JsonException)
        {
            throw Failure.WrongUsage($"Line {number} is not a row of the audit.",
                "Give what 'fleet audit export' or the retention wrote.");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fleet.Core.Access;
using Google.Protobuf;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The audit: taken out of Fleet, and verified there or elsewhere.</summary>
internal static class AuditVerbs
{
    private const int PageSize = 500;

    private static readonly JsonParser Rows = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    public static Command Build(CommandLine line)
    {
        var file = Kinds.Of("--file", "file", "Rows that were exported, instead of those that Fleet has.");
        return CommandLine.Group("audit", "Export the audit and verify it.",
            Export(line),
            line.Verb("verify", "Look whether a row of the audit was changed or taken out.",
                session => session.Get(file) is { } path ? VerifyFile(session, path) : Verify(session), file));
    }

    private static Command Export(CommandLine line)
    {
        var from = Kinds.Time("--from", "Not older than this.", line.Time);
        var to = Kinds.Time("--to", "Older than this.", line.Time);
        var action = Kinds.Of("--action", "action", "Only this, for example checkout.start.");
        var key = Kinds.Of("--key", "id", "Only what was done with this key.");
        return line.Verb("export", "Rows of the audit, the newest first, each as a line of JSON.",
            session => Export(session, new()
            {
                From = session.Get(from),
                To = session.Get(to),
                Action = session.Text(action),
                KeyId = session.Text(key),
                MerchantCode = session.Settings.Merchant ?? "",
                PageSize = PageSize,
            }), from, to, action, key);
    }

    private static async Task Export(Session session, Proto.ListAuditRequest ask)
    {
        var count = 0;
        do
        {
            var page = await session.Node.Audit.ListAsync(ask, session.Call);
            foreach (var row in page.Rows) await session.Terminal.Say(MessageJson.Text(row));
            count += page.Rows.Count;
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
        await session.Hint($"{Words.Count(count, "row")}.");
    }

    private static async Task<int> Verify(Session session)
    {
        var sum = new Proto.VerifyAuditReply();
        do
        {
            var told = await session.Node.Audit.VerifyAsync(new() { PageToken = sum.NextPageToken },
                session.Node.Call(session.Cancel, TimeSpan.FromMinutes(1)));
            (sum.Rows, sum.Broken, sum.NextPageToken) = (sum.Rows + told.Rows, told.Broken, told.NextPageToken);
        }
        while (sum.NextPageToken.Length > 0 && sum.Broken is null);
        return await Told(session, sum);
    }

    /// <summary>
    /// What rows prove by themselves. An export of a time begins and ends within chains, so only gaps between rows that
    /// are there are gaps.
    /// </summary>
    private static Task<int> VerifyFile(Session session, string path)
    {
        var sum = new Proto.VerifyAuditReply();
        AuditRow? before = null;
        foreach (var row in Read(path).OrderBy(row => row.Chain).ThenBy(row => row.Seq))
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
        return Told(session, sum);
    }

    private static async Task<int> Told(Session session, Proto.VerifyAuditReply told)
    {
        await session.Answer(told, told.Broken is { } broken
            ? $"{Words.Count(told.Rows, "row")} fit; row {broken.Seq} of chain {broken.Chain} does not: "
                + $"{broken.Problem}."
            : $"{Words.Count(told.Rows, "row")}, and all fit.");
        return told.Broken is null ? ExitCode.Done : ExitCode.Refused;
    }

    private static IEnumerable<AuditRow> Read(string path)
    {
        foreach (var (i, line) in Files.Read(path, "--file").Split('\n').Index())
        {
            if (line.Length > 0) yield return RowOf(line, i + 1);
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
            throw Failure.Usage($"Line {number} is not a row of the audit.", "Give what 'fleet audit export' wrote.");
        }
    }
}

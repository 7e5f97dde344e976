using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs for incidents: things that a person must look at.</summary>
internal static class IncidentVerbs
{
    private const int PageSize = 500;

    /// <summary>How many rows a list has by default, and at most.</summary>
    private const int UsualRows = 100, MaxRows = 100_000;

    private static readonly string[] Heads = ["INCIDENT", "KIND", "STATE", "SEEN", "LAST", "STORE", "ABOUT", "OWNER"];

    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("incident", "Its id.");
        var owner = OptionFactory.CreateArgument("owner", "Who takes care of it; '' for none.");
        var text = OptionFactory.CreateArgument("text", "The note.");
        var how = OptionFactory.CreateArgument("resolution", "How it was resolved.");
        return CommandLine.BuildGroup("incidents", "List things that a person must look at, and resolve them.",
            BuildList(line),
            line.BuildVerb("show", "All about an incident, with its notes.",
                async session => await PrintAll(session, await session.Node.Incidents.GetAsync(
                    new() { IncidentId = session.GetValue(id) }, session.Call)), id),
            line.BuildVerb("assign", "Say who takes care of an incident.",
                async session => await PrintChange(session, await session.Node.Incidents.AssignAsync(
                    new() { IncidentId = session.GetValue(id), Owner = session.GetValue(owner) }, session.Call),
                    "is assigned"), id, owner),
            line.BuildVerb("note", "Add a note to an incident.",
                async session => await PrintChange(session, await session.Node.Incidents.AddNoteAsync(
                    new() { IncidentId = session.GetValue(id), Text = session.GetValue(text) }, session.Call),
                    "has the note"), id, text),
            line.BuildVerb("resolve", "Resolve an incident, and say how.",
                async session => await PrintChange(session, await session.Node.Incidents.ResolveAsync(
                    new() { IncidentId = session.GetValue(id), Resolution = session.GetValue(how) }, session.Call),
                    "is resolved"), id, how),
            BuildRetell(line));
    }

    private static Command BuildRetell(CommandLine line)
    {
        var from = OptionFactory.CreateTime("--from", "Those that are not older than this,", line.Time);
        var to = OptionFactory.CreateTime("--to", "and older than this. Default now.", line.Time);
        from.Required = true;
        return line.BuildVerb("retell", "Send webhooks about incidents again that were given up.",
            session => WebhookVerbs.ReplayDeliveries(session, session.Node.Incidents.RetellAsync, new()
            {
                From = session.GetValue(from), To = session.GetValue(to) ?? session.Now.ToTimestamp(),
            }), from, to);
    }

    private static Command BuildList(CommandLine line)
    {
        var state = OptionFactory.CreateChoice("--state", "Only those. Default open.", "open", "resolved", "all");
        var kind = OptionFactory.CreateText("--kind", "word", "Only of this kind, for example disputed_result.");
        var store = OptionFactory.CreateText("--store", "store", "Only of this store.");
        var owner = OptionFactory.CreateText("--owner", "name", "Only those that this person takes care of.");
        var since = OptionFactory.CreateTime("--since", "Only those that were opened then or later.", line.Time);
        var rows =
            OptionFactory.CreateNumber("--limit", "number", $"How many at most. Default {UsualRows}.", 1, MaxRows);
        return line.BuildVerb("list", "Incidents that are open, the newest first.",
            session => ListIncidents(session, new()
            {
                MerchantCode = session.Settings.Merchant ?? "",
                State = session.GetText(state) is { Length: > 0 } word ? (word is "all" ? "" : word) : "open",
                Kind = session.GetText(kind),
                Store = session.GetText(store),
                Owner = session.GetText(owner),
                Since = session.GetValue(since),
            }, session.IsGiven(rows) ? session.GetValue(rows) : UsualRows), state, kind, store, owner, since, rows);
    }

    private static async Task ListIncidents(Session session, Proto.ListIncidentsRequest ask, int limit)
    {
        var all = new Proto.ListIncidentsReply();
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            ask.PageSize = Math.Min(PageSize, limit - all.Incidents.Count);
            var page = await session.Node.Incidents.ListAsync(ask, session.Call);
            all.Incidents.AddRange(page.Incidents);
            all.NextPageToken = page.NextPageToken;
            return all.Incidents.Count < limit ? page.NextPageToken : "";
        });
        await session.PrintAnswer(all, Heads, all.Incidents.Select(ToCells));
        if (all.NextPageToken.Length > 0) await session.PrintHint($"There are more; --limit shows more than {limit}.");
    }

    private static string[] ToCells(Proto.Incident one) =>
    [
        one.IncidentId, one.Kind, one.State, one.Count.ToString(CultureInfo.InvariantCulture), one.LastSeenAt.ToText(),
        one.Store, AboutOf(one), one.Owner,
    ];

    private static string AboutOf(Proto.Incident one) => one switch
    {
        { Host.Length: > 0 } => one.Host,
        { Day.Length: > 0 } => one.Day,
        { CheckoutId.Length: > 0 } => one.CheckoutId,
        _ => one.ReaderId,
    };

    private static Task PrintAll(Session session, Proto.Incident one) => session.PrintAnswer(one, async () =>
    {
        var times = $"{Display.CountOf(one.Count, "time")}, first {one.OpenedAt.ToText()}, "
            + $"last {one.LastSeenAt.ToText()}";
        (string Name, string Value)[] lines =
        [
            ("incident", one.IncidentId), ("kind", one.Kind), ("state", one.State), ("what", one.Detail),
            ("seen", times), ("merchant", one.MerchantCode), ("store", one.Store), ("reader", one.ReaderId),
            ("device", one.Serial), ("checkout", one.CheckoutId), ("host", one.Host), ("day", one.Day),
            ("owner", one.Owner), ("resolution", one.Resolution), ("resolved", one.ResolvedAt.ToText()),
            ("by", one.ResolvedBy),
        ];
        foreach (var (name, value) in lines.Where(each => each.Value.Length > 0))
            await session.Terminal.PrintLine(Terminal.ToPlainText($"{name,-10} {value}"));
        foreach (var note in one.Notes)
            await session.Terminal.PrintLine(Terminal.ToPlainText($"{note.At.ToText()} {note.By}: {note.Text}"));
    });

    private static Task PrintChange(Session session, Proto.Incident one, string what) =>
        session.PrintAnswer(one, $"Incident {one.IncidentId} ({one.Kind}) {what}.");
}

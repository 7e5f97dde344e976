using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>What was sent to receivers, sent again, and tried.</summary>
internal static class WebhookVerbs
{
    private const int PageSize = 500;

    /// <summary>Rows of a list when nobody says how many.</summary>
    private const int UsualRows = 100, MaxRows = 100_000;

    private static readonly string[] Heads = ["EVENT", "STATE", "ATTEMPTS", "OUTCOME", "NEXT", "URL", "PROBLEM"];

    public static Command Build(CommandLine line)
    {
        var address = Kinds.Argument("address", "Where to send it, by the rules of a return_url.");
        return CommandLine.Group("webhooks", "List webhooks, send them again, and try a receiver.",
            List(line), Replay(line),
            line.Verb("test", "Send an event that is about no payment.", async session =>
            {
                var told = await session.Node.Webhooks.TestAsync(new() { Url = session.Get(address) }, session.Call);
                await Told(session, told);
            }, address));
    }

    private static Command List(CommandLine line)
    {
        var state = Kinds.Among("--state", "Only those.", "waiting", "delivered", "dead");
        var from = Kinds.Time("--from", "Not older than this.", line.Time);
        var to = Kinds.Time("--to", "Older than this.", line.Time);
        var rows = Kinds.Number("--limit", "number", $"How many at most. Default {UsualRows}.", 1, MaxRows);
        return line.Verb("list", "Deliveries of events, the newest first.", session => List(session, new()
        {
            State = session.Text(state), From = session.Get(from), To = session.Get(to),
        }, session.Has(rows) ? session.Get(rows) : UsualRows), state, from, to, rows);
    }

    private static Command Replay(CommandLine line)
    {
        var events = Kinds.Arguments("event", "Ids of events, which are those of their checkouts.", required: false);
        var from = Kinds.Time("--from", "All that are not older than this,", line.Time);
        var to = Kinds.Time("--to", "and older than this. Default now.", line.Time);
        var state = Kinds.Among("--state", "Which of them. Default dead.", "dead", "delivered");
        return line.Verb("replay", "Send events again, now.", async session =>
        {
            if (session.Get(events).Length > 0 == session.Has(from))
                throw Failure.Usage("Name events, or give a time with --from: one of the two.");
            foreach (var id in session.Get(events))
                await Told(session, await session.Node.Webhooks.ReplayAsync(new() { EventId = id }, session.Call));
            if (session.Has(from)) await Replay(session, new()
            {
                From = session.Get(from),
                To = session.Get(to) ?? session.Now.ToTimestamp(),
                State = session.Text(state),
            });
        }, events, from, to, state);
    }

    private static async Task List(Session session, Proto.ListWebhooksRequest ask, int limit)
    {
        var all = new Proto.ListWebhooksReply();
        do
        {
            ask.PageSize = Math.Min(PageSize, limit - all.Deliveries.Count);
            var page = await session.Node.Webhooks.ListAsync(ask, session.Call);
            all.Deliveries.AddRange(page.Deliveries);
            ask.PageToken = all.NextPageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0 && all.Deliveries.Count < limit);
        await session.Answer(all, Heads, all.Deliveries.Select(told => new[]
        {
            told.EventId, told.State, told.Attempts.ToString(CultureInfo.InvariantCulture), told.CreatedAt.Text(),
            told.NextAttemptAt.Text(), told.Url, told.Problem,
        }));
        if (ask.PageToken.Length > 0) await session.Hint($"There are more; --limit shows more than {limit}.");
    }

    /// <summary>Until there are no more of that time.</summary>
    private static async Task Replay(Session session, Proto.ReplayWebhooksRequest ask)
    {
        var sum = new Proto.ReplayWebhooksReply();
        Proto.ReplayWebhooksReply told;
        do
        {
            told = await session.Node.Webhooks.ReplayManyAsync(ask, session.Call);
            sum.Replayed += told.Replayed;
            // What was delivered becomes delivered again: only the dead get fewer, so only they are asked for again.
        }
        while (told.More && ask.State is not "delivered");
        sum.More = told.More;
        await session.Answer(sum, $"{Words.Count(sum.Replayed, "event")} will be sent again.");
        if (sum.More) await session.Hint("There are more of that time: choose a shorter one.");
    }

    private static Task Told(Session session, Proto.WebhookDelivery told) => session.Answer(told,
        $"Event {told.EventId} to {told.Url} is {told.State}, {Words.Count(told.Attempts, "attempt")} so far.");
}

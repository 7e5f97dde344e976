using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that list webhooks, send them again, and send a test event.</summary>
internal static class WebhookVerbs
{
    private const int PageSize = 500;

    /// <summary>How many rows a list has by default, and at most.</summary>
    private const int UsualRows = 100, MaxRows = 100_000;

    /// <summary>Seconds to wait for an attempt: by default longer than a receiver may take, and at most.</summary>
    private const int UsualWait = 15, MaxWait = 300;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    private static readonly string[] Heads = ["EVENT", "STATE", "ATTEMPTS", "OUTCOME", "NEXT", "URL", "PROBLEM"];

    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("event", "Its id, which is that of its checkout.");
        return CommandLine.BuildGroup("webhooks", "List webhooks, send them again, and try a receiver.",
            BuildList(line),
            line.BuildVerb("show", "An event, how its delivery is, and its body.", async session =>
            {
                var told = await session.Node.Webhooks.GetAsync(new() { EventId = session.GetValue(id) }, session.Call);
                await PrintDelivery(session, told);
                if (!session.Json) await session.Terminal.PrintLine(Terminal.ToPlainText(told.Body));
            }, id),
            BuildReplay(line), BuildTest(line));
    }

    private static Command BuildTest(CommandLine line)
    {
        var address = OptionFactory.CreateArgument("address", "Where to send it, by the rules of a return_url.");
        var wait = OptionFactory.CreateNumber("--wait", "seconds",
            $"How long to wait for its first attempt. Default {UsualWait}; 0 does not wait.", 0, MaxWait);
        return line.BuildVerb("test",
            "Send an event that is about no payment, and wait for its result: exit code 0 if it was delivered.",
            async session =>
            {
                var told = await session.Node.Webhooks.TestAsync(
                    new() { Url = session.GetValue(address) }, session.Call);
                var seconds = session.IsGiven(wait) ? session.GetValue(wait) : UsualWait;
                if (seconds > 0) told = await WaitForAttempt(session, told, TimeSpan.FromSeconds(seconds));
                await PrintDelivery(session, told);
                return seconds == 0 || told.State == "delivered" ? ExitCode.Done : ExitCode.Refused;
            }, address, wait);
    }

    /// <summary>Waits until the first attempt has ended, or the time is over.</summary>
    private static async Task<Proto.WebhookDelivery> WaitForAttempt(
        Session session, Proto.WebhookDelivery told, TimeSpan wait)
    {
        for (var end = session.Now + wait; told is { State: "waiting", Failures: 0 } && session.Now < end;)
        {
            await Task.Delay(BetweenLooks, session.Terminal.Time, session.Cancel);
            told = await session.Node.Webhooks.GetAsync(new() { EventId = told.EventId }, session.Call);
        }
        return told;
    }

    private static Command BuildList(CommandLine line)
    {
        var state = OptionFactory.CreateChoice("--state", "Only those.", "waiting", "delivered", "dead");
        var from = OptionFactory.CreateTime("--from", "Not older than this.", line.Time);
        var to = OptionFactory.CreateTime("--to", "Older than this.", line.Time);
        var rows =
            OptionFactory.CreateNumber("--limit", "number", $"How many at most. Default {UsualRows}.", 1, MaxRows);
        return line.BuildVerb("list", "Deliveries of events, the newest first.",
            session => ListDeliveries(session, new()
            {
                State = session.GetText(state), From = session.GetValue(from), To = session.GetValue(to),
            }, session.IsGiven(rows) ? session.GetValue(rows) : UsualRows), state, from, to, rows);
    }

    private static Command BuildReplay(CommandLine line)
    {
        var events = OptionFactory.CreateArguments("event", "Ids of events, which are those of their checkouts.",
            required: false);
        var from = OptionFactory.CreateTime("--from", "All that are not older than this,", line.Time);
        var to = OptionFactory.CreateTime("--to", "and older than this. Default now.", line.Time);
        var state = OptionFactory.CreateChoice("--state", "Which of them. Default dead.", "dead", "delivered");
        return line.BuildVerb("replay", "Send events again, now.", async session =>
        {
            if (session.GetValue(events).Length > 0 == session.IsGiven(from))
                throw Failure.WrongUsage("Name events, or give a time with --from: one of the two.");
            foreach (var id in session.GetValue(events))
                await PrintDelivery(session,
                    await session.Node.Webhooks.ReplayAsync(new() { EventId = id }, session.Call));
            if (session.IsGiven(from)) await ReplayDeliveries(session, session.Node.Webhooks.ReplayManyAsync, new()
            {
                From = session.GetValue(from),
                To = session.GetValue(to) ?? session.Now.ToTimestamp(),
                State = session.GetText(state),
            });
        }, events, from, to, state);
    }

    private static async Task ListDeliveries(Session session, Proto.ListWebhooksRequest ask, int limit)
    {
        var all = new Proto.ListWebhooksReply();
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            ask.PageSize = Math.Min(PageSize, limit - all.Deliveries.Count);
            var page = await session.Node.Webhooks.ListAsync(ask, session.Call);
            all.Deliveries.AddRange(page.Deliveries);
            all.NextPageToken = page.NextPageToken;
            return all.Deliveries.Count < limit ? page.NextPageToken : "";
        });
        await session.PrintAnswer(all, Heads, all.Deliveries.Select(told => new[]
        {
            told.EventId, told.State, told.Attempts.ToString(CultureInfo.InvariantCulture), told.CreatedAt.ToText(),
            told.NextAttemptAt.ToText(), told.Url, told.Problem,
        }));
        if (all.NextPageToken.Length > 0) await session.PrintHint($"There are more; --limit shows more than {limit}.");
    }

    /// <summary>Repeats a call until no event of the time range is left.</summary>
    public static async Task ReplayDeliveries(
        Session session, Func<Proto.ReplayWebhooksRequest, CallOptions, AsyncUnaryCall<Proto.ReplayWebhooksReply>> call,
        Proto.ReplayWebhooksRequest ask)
    {
        var sum = new Proto.ReplayWebhooksReply();
        Proto.ReplayWebhooksReply told;
        do
        {
            told = await call(ask, session.Call);
            sum.Replayed += told.Replayed;
            // After a replay a delivered event is delivered again, so a second call would find it again. Only dead
            // events become fewer, so only they are replayed in several calls.
        }
        while (told.More && ask.State is not "delivered");
        sum.More = told.More;
        await session.PrintAnswer(sum, $"{Display.CountOf(sum.Replayed, "event")} will be sent again.");
        if (sum.More) await session.PrintHint("There are more rows in that time: choose a shorter one.");
    }

    private static Task PrintDelivery(Session session, Proto.WebhookDelivery told) => session.PrintAnswer(told,
        $"Event {told.EventId} to {told.Url} is {told.State}, {Display.CountOf(told.Attempts, "attempt")} so far."
        + (told.Problem.Length == 0 ? ""
            : $"{(told.Attempts > 0 ? " The last one failed" : " It will fail")}: {told.Problem.TrimEnd('.')}."));
}

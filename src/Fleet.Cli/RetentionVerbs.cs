using System.CommandLine;
using System.Globalization;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that show what is old, and that export and remove it.</summary>
internal static class RetentionVerbs
{
    /// <summary>How long the node may take longer than usual for one file.</summary>
    private static readonly TimeSpan NodeRemoves = TimeSpan.FromMinutes(10);

    private static readonly string[] Heads = ["KIND", "DAYS", "DUE BEFORE", "FIRST DAY", "LAST RUN", "EXPORTED",
        "REMOVED", "PROBLEM"];

    private static readonly string[] Kinds =
        ["checkouts", "delivered_events", "dead_events", "exchanges", "audit", "incidents"];

    public static Command BuildCommand(CommandLine line)
    {
        var kind = OptionFactory.CreateChoice("--kind", "What is exported and removed.", Kinds);
        kind.Required = true;
        var before = OptionFactory.CreateText("--before", "day", "Rows from before this day of UTC, like 2026-01-01.");
        before.Required = true;
        var dry = OptionFactory.CreateSwitch("--dry-run", "Count only.");
        return CommandLine.BuildGroup("retention", "Export what is old to files, and remove it.",
            line.BuildVerb("show", "What is due of each kind, and what the last run did.", PrintState),
            line.BuildVerb("run", "Export and remove what is due. Needs a node with a folder for exports.",
                session => Run(session, new()
                {
                    Kind = session.GetText(kind), Before = session.GetText(before), DryRun = session.GetValue(dry),
                }), kind, before, dry));
    }

    private static async Task PrintState(Session session)
    {
        var state = await session.Node.Retention.GetAsync(new(), session.Call);
        await session.PrintAnswer(state, () => session.Terminal.PrintTable(Heads, state.Kinds.Select(ToCells)));
        if (!state.Exports) await session.PrintHint("Nothing is exported: Fleet:Retention:ExportFolder is not set.");
    }

    /// <summary>Goes from day to day; the node does one file in each call.</summary>
    private static async Task Run(Session session, Proto.RunRetentionRequest ask)
    {
        var (exported, removed) = (0L, 0L);
        do
        {
            var reply = await session.Node.Retention.RunAsync(
                ask, session.Node.WithDeadline(session.Cancel, NodeRemoves));
            if (ask.DryRun)
            {
                var since = reply.Day.Length > 0 ? $", from {reply.Day} on" : "";
                await session.PrintAnswer(reply, () => session.Terminal.PrintLine(
                    $"{Display.CountOf(reply.Due, "row")} due{since}."));
                return;
            }
            if (reply.Day.Length > 0)
                await session.PrintAnswer(reply, () => session.Terminal.PrintLine(
                    $"{reply.Day}: {reply.Exported} exported, {reply.Removed} removed."));
            (exported, removed, ask.From) = (exported + reply.Exported, removed + reply.Removed, reply.NextDay);
        }
        while (ask.From.Length > 0);
        await session.PrintHint($"{Display.CountOf((int)exported, "row")} exported, {removed} removed.");
    }

    private static string[] ToCells(Proto.RetentionState state) =>
    [
        state.Kind, state.Days == 0 ? "for ever" : Number(state.Days), state.Before, state.FirstDay,
        state.LastRun is { } last ? last.At.ToText() : "", Number(state.LastRun?.Exported),
        Number(state.LastRun?.Removed), state.LastRun?.Problem ?? "",
    ];

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}

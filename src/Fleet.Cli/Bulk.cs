using System.CommandLine;
using Fleet.Core.Errors;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>One item of a bulk command.</summary>
/// <param name="Row">Its line in the list, or its place among the arguments, from 1.</param>
/// <param name="Label">How people know the item; never a pairing code, which is a secret while it is valid.</param>
/// <param name="Ask">What Fleet is asked to do with it.</param>
internal sealed record BulkItem<T>(int Row, string Label, T Ask);

/// <summary>
/// Runs a command over many items: prints a result for each, shows a bar meanwhile, and lists the failed ones at the
/// end.
/// </summary>
internal static class Bulk
{
    /// <summary>Items of one call, and their bytes: Fleet takes 500 and 64 KiB.</summary>
    private const int PortionItems = 100, PortionBytes = 48 * 1024;

    private const string NoAnswer = "No answer came: look before you repeat.", NotAsked = "It was not asked for.";

    private static readonly string[] Heads = ["ROW", "ITEM", "REASON", "WHY"];

    private static readonly string[] MadeHeads = ["READER", "NAME", "STORE"];

    private static Failure Interrupted => new(ExitCode.Interrupted, "INTERRUPTED", "It was interrupted.");

    public static Option<string> ListOption(string columns) => OptionFactory.CreateText("--from", "file",
        $"Take them from a list with commas, - for standard input. Its first line names the columns: {columns}.");

    public static Option<bool> DryRun() => OptionFactory.CreateSwitch("--dry-run", "Only say what would happen.");

    /// <summary>The items of the list, or of the arguments.</summary>
    /// <param name="session">The command.</param>
    /// <param name="from">Which option names the list.</param>
    /// <param name="arguments">What was given one by one.</param>
    /// <param name="textOf">What in a line of the list stands for an argument.</param>
    /// <param name="make">Makes an item of that text.</param>
    public static List<BulkItem<T>> ReadItems<T>(
        Session session, Option<string> from, string[] arguments, Func<CsvRow, string> textOf,
        Func<string, int, BulkItem<T>> make) =>
        ReadRows(session, from, arguments.Length > 0) is { } rows
            ? [.. rows.Select(row => make(textOf(row), row.Number))]
            : [.. arguments.Select((text, i) => make(text, i + 1))];

    /// <summary>The lines of the list; null when the arguments name all items.</summary>
    public static List<CsvRow>? ReadRows(Session session, Option<string> from, bool hasArguments)
    {
        var path = session.GetValue(from);
        if (path is null)
        {
            return hasArguments
                ? null
                : throw Failure.WrongUsage("Nothing is named.", "Name them, or give a list with --from.");
        }
        if (hasArguments) throw Failure.WrongUsage("Name them, or give a list with --from: not both.");
        return Csv.ReadRows(session.ReadText(path, "--from"));
    }

    /// <summary>Does the work, one portion after the other.</summary>
    /// <param name="session">The command.</param>
    /// <param name="items">All of them.</param>
    /// <param name="done">The word for items that worked, for example <c>renamed</c>.</param>
    /// <param name="dryRun">Whether nothing is changed.</param>
    /// <param name="work">Does one portion, and reports each item by its place in the portion.</param>
    public static async Task<int> RunPortions<T>(
        Session session, List<BulkItem<T>> items, string done, bool dryRun,
        Func<IReadOnlyList<T>, Func<Proto.ChangeResult, Task>, Task> work)
    {
        var results = new Proto.ChangeResult?[items.Count];
        var begun = 0;
        Failure? broken = null;
        await WithBar(session, items.Count, done, async step =>
        {
            foreach (var portion in SplitPortions(items))
            {
                begun += portion.Count;
                try
                {
                    await work([.. portion.Select(one => one.Item.Ask)], told => Keep(portion[told.Index].Index, told));
                }
                catch (Exception e) when (e is RpcException or OperationCanceledException)
                {
                    broken = e is RpcException told ? Failure.FromRpc(told, session.Settings) : Interrupted;
                    return; // results received so far are printed, also after Ctrl-C
                }
            }

            Task Keep(int index, Proto.ChangeResult told)
            {
                told.Index = index;
                results[index] = told;
                step();
                return session.Json ? session.Terminal.PrintLine(MessageJson.ToText(told)) : Task.CompletedTask;
            }
        });
        await TellRest(session, results, begun);
        return await PrintSummary(session, items, results, dryRun ? $"would be {done}" : done, broken);
    }

    /// <summary>Reports the items whose outcome is unknown, and the items that were never sent.</summary>
    private static async Task TellRest(Session session, Proto.ChangeResult?[] results, int begun)
    {
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i] is not null) continue;
            var rest = new Proto.Refusal
            {
                Reason = i < begun ? FaultErrors.Unknown.Code : "NOT_BEGUN", Message = i < begun ? NoAnswer : NotAsked,
            };
            var result = results[i] = new() { Index = i, Refused = rest };
            if (session.Json) await session.Terminal.PrintLine(MessageJson.ToText(result));
        }
    }

    private static async Task<int> PrintSummary<T>(
        Session session, List<BulkItem<T>> items, Proto.ChangeResult?[] results, string done, Failure? broken)
    {
        var failed = items.Zip(results).Where(pair => pair.Second is not { Done: true }).ToList();
        if (!session.Json)
        {
            var made = items.Zip(results).SelectMany(pair => ListMade(pair.First, pair.Second)).ToList();
            if (made.Count > 0) await session.Terminal.PrintTable(MadeHeads, made);
            if (failed.Count > 0)
                await session.Terminal.PrintTable(Heads, failed.Select(pair => ToCells(pair.First, pair.Second)));
            await session.Terminal.PrintLine($"{items.Count - failed.Count} {done}, {failed.Count} not.");
            if (failed is [(_, { Refused: { } only })] && only.Reason != RequestErrors.NotFound.Code
                && Failure.NextOf(only.Reason, only.CheckoutId) is { Length: > 0 } next)
                await session.PrintHint(next);
        }
        if (broken is not null) throw broken;
        return failed.Count == 0 ? ExitCode.Done : ExitCode.Refused;
    }

    /// <summary>A reader that was paired, as the cells of one row; nothing for other work.</summary>
    private static IEnumerable<string[]> ListMade<T>(BulkItem<T> item, Proto.ChangeResult? told)
    {
        if (told is { Done: true, Store.Length: > 0 }) yield return [told.ReaderId, item.Label, told.Store];
    }

    private static string[] ToCells<T>(BulkItem<T> item, Proto.ChangeResult? told)
    {
        var refused = told?.Refused ?? new();
        var fields = refused.Fields.Select(field => $"{field.Name} {field.Message}").ToList();
        return [$"{item.Row}", item.Label, refused.Reason,
            fields.Count > 0 ? string.Join("; ", fields) : refused.Message];
    }

    private static IEnumerable<List<(int Index, BulkItem<T> Item)>> SplitPortions<T>(List<BulkItem<T>> items)
    {
        var (portion, bytes) = (new List<(int, BulkItem<T>)>(), 0);
        foreach (var (index, item) in items.Index())
        {
            var size = item.Ask is IMessage message ? message.CalculateSize() : 0;
            if (portion.Count == PortionItems || (portion.Count > 0 && bytes + size > PortionBytes))
            {
                yield return portion;
                (portion, bytes) = ([], 0);
            }
            portion.Add((index, item));
            bytes += size;
        }
        if (portion.Count > 0) yield return portion;
    }

    /// <summary>Shows a progress bar, if errors go to a screen and there is more than one step to wait for.</summary>
    private static Task WithBar(Session session, int count, string done, Func<Action, Task> work)
    {
        if (count < 2 || session.Json || !session.Terminal.HasErrorScreen) return work(() => { });
        return session.Terminal.OpenScreen(ofErrors: true).Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
                new RemainingTimeColumn())
            .StartAsync(async bar =>
            {
                var task = bar.AddTask(done, maxValue: count);
                await work(() => task.Increment(1));
            });
    }
}

using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using Grpc.Core;

namespace Fleet.Cli.Chain;

/// <summary>The verb that makes a chain as a file says.</summary>
internal static class ApplyVerb
{
    private static readonly string[] Heads = ["LINE", "WHAT", "WHY"];

    public static Command BuildCommand(CommandLine line)
    {
        var file = OptionFactory.CreateText("--file", "file", "The file, in YAML or JSON; - for standard input.");
        file.Aliases.Add("-f");
        file.Required = true;
        var dry = OptionFactory.CreateSwitch("--dry-run", "Only print what would be changed.");
        return line.BuildVerb("apply", "Make merchants, stores and readers as a file says; print what changes.",
            session => Apply(session, session.GetText(file), session.GetValue(dry)), file, dry);
    }

    private static async Task<int> Apply(Session session, string path, bool dry)
    {
        var (file, wrong) = ChainReader.ReadText(session.ReadText(path, "--file"));
        if (wrong.Count > 0) return await Refuse(session, wrong);
        var begun = session.Terminal.Time.GetTimestamp();
        var known = (await ChainState.ListMerchants(session)).ToDictionary(one => one.MerchantCode);
        var plan = ChainPlan.Compare(file, await ChainState.ReadAll(session, file.Merchants
            .Where(one => known.ContainsKey(one.Code)).ToDictionary(one => one.Code, one => known[one.Code]), file));
        if (plan.Errors.Count > 0) return await Refuse(session, plan.Errors);
        await PrintPlan(session, plan);
        if (await CheckAll(session, plan) is { Count: > 0 } refused) return await Refuse(session, refused);
        if (dry || plan.Changes.Count == 0)
        {
            await session.PrintHint(plan.Changes.Count == 0 ? "There is nothing to change." : "Nothing was changed.");
            return ExitCode.Done;
        }
        return await MakeAll(session, plan, begun);
    }

    private static async Task<int> Refuse(Session session, IReadOnlyList<LineError> wrong)
    {
        foreach (var (line, message) in wrong.OrderBy(one => one.Line))
            await session.Terminal.Error.WriteLineAsync(Terminal.ToPlainText($"line {line}: {message}"));
        await session.PrintHint("Nothing was changed.");
        return ExitCode.Refused;
    }

    private static async Task PrintPlan(Session session, ChainPlan plan)
    {
        foreach (var change in plan.Changes)
        {
            await session.PrintAnswer(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("line", change.Line);
                json.WriteString("merchant_code", change.Merchant);
                json.WriteString("change", change.Text);
                json.WriteEndObject();
            }, () => session.Terminal.PrintLine(Terminal.ToPlainText(change.Text)));
        }
        foreach (var (line, message) in plan.Notes) await session.PrintHint($"line {line}: {message}");
    }

    /// <summary>Asks Fleet about changes that it can check before the first one is made.</summary>
    private static async Task<List<LineError>> CheckAll(Session session, ChainPlan plan)
    {
        var refused = new ConcurrentBag<LineError>();
        await Parallel.ForEachAsync(plan.Changes, AtOnce(session), async (change, _) =>
        {
            if (change.Check is not { } check) return;
            try
            {
                await check(session);
            }
            catch (RpcException e)
            {
                var failure = Failure.FromRpc(e, session.Settings);
                foreach (var (field, message) in failure.Fields)
                    refused.Add(new(change.Item?.Of(field) ?? change.Line, $"{field} {message}."));
                if (failure.Fields.Count == 0) refused.Add(new(change.Line, failure.Message));
            }
        });
        return [.. refused];
    }

    /// <summary>
    /// Makes the changes, those of one merchant in their order. After the first failure nothing more is begun, and what
    /// was done and what not is printed.
    /// </summary>
    private static async Task<int> MakeAll(Session session, ChainPlan plan, long begun)
    {
        var (done, failed) = (new ConcurrentBag<ChainChange>(), new ConcurrentBag<(ChainChange Change, string Why)>());
        var interrupted = false;
        try
        {
            await Parallel.ForEachAsync(plan.Changes.GroupBy(change => change.Merchant), AtOnce(session),
                async (changes, _) =>
                {
                    foreach (var change in changes)
                    {
                        if (!failed.IsEmpty) return;
                        try
                        {
                            await change.Make(session);
                            done.Add(change);
                        }
                        catch (RpcException e)
                        {
                            failed.Add((change, Failure.FromRpc(e, session.Settings).Message));
                        }
                    }
                });
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            interrupted = true; // what was made is told all the same
        }
        var counts = string.Join(", ", done.CountBy(change => change.Kind).OrderBy(kind => kind.Key)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Value} of {kind.Key}")));
        if (counts.Length > 0) counts = $": {counts}";
        var took = session.Terminal.Time.GetElapsedTime(begun).TotalSeconds;
        await session.PrintHint(string.Create(CultureInfo.InvariantCulture,
            $"{done.Count} of {plan.Changes.Count} changes were made in {took:0.0} s{counts}."));
        if (interrupted) return ExitCode.Interrupted;
        if (failed.IsEmpty) return ExitCode.Done;
        await session.Terminal.PrintTable(Heads, failed.OrderBy(one => one.Change.Line)
            .Select(one => new[] { $"{one.Change.Line}", one.Change.Text, one.Why }));
        await session.PrintHint("Apply the file again to go on: what was made is not made twice.");
        return ExitCode.Refused;
    }

    private static ParallelOptions AtOnce(Session session) =>
        new() { MaxDegreeOfParallelism = ChainState.MostAtOnce, CancellationToken = session.Cancel };
}

using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that takes over the readers that SumUp has already.</summary>
internal static class AdoptVerb
{
    private static readonly string[] Heads = ["SUMUP'S READER", "SERIAL", "NAME", "RESULT", "READER", "WHY"];

    public static Command BuildCommand(CommandLine line)
    {
        var readers = OptionFactory.CreateArguments(
            "cloud-reader", "SumUp's ids of readers; without one, all of them.", required: false);
        var store = OptionFactory.CreateText("--store", "store", "The store of those that are new.");
        var tags = OptionFactory.CreateTexts("--tag", "tag", "A tag of those that are new. Again for more of them.");
        var dry = Bulk.DryRun();
        return line.BuildVerb("adopt", "Take over readers that SumUp has for the merchant. A repeat changes nothing.",
            session =>
            {
                var ask = new Proto.AdoptRequest { Store = session.GetText(store), DryRun = session.GetValue(dry) };
                ask.Tags.AddRange(session.GetValue(tags) ?? []);
                ask.CloudReaderIds.AddRange(session.GetValue(readers));
                return AdoptReaders(session, ask);
            }, readers, store, tags, dry);
    }

    private static async Task<int> AdoptReaders(Session session, Proto.AdoptRequest ask)
    {
        var results = new List<Proto.AdoptResult>();
        using var call = session.Node.Readers.Adopt(ask, session.Stream);
        await foreach (var result in call.ResponseStream.ReadAllAsync(session.Cancel))
        {
            results.Add(result);
            if (session.Json) await session.Terminal.PrintLine(MessageJson.ToText(result));
        }
        if (!session.Json)
        {
            await session.Terminal.PrintTable(Heads, results.Select(ToCells));
            await session.Terminal.PrintLine(Summarize(results, ask.DryRun));
        }
        return results.Exists(result => result.Refused is not null) ? ExitCode.Refused : ExitCode.Done;
    }

    private static string[] ToCells(Proto.AdoptResult result) =>
    [
        result.CloudReaderId, result.Serial, result.Name, result.What.Replace('_', ' '), result.ReaderId,
        result.Refused is { } why ? $"{why.Reason}: {why.Message}" : "",
    ];

    private static string Summarize(List<Proto.AdoptResult> results, bool dryRun)
    {
        var would = dryRun ? "would be " : "";
        return $"{Count("new")} {would}adopted, {Count("paired_anew")} {would}paired anew, {Count("known")} known, "
            + $"{results.Count(result => !result.Done)} not.";

        int Count(string what) => results.Count(result => result.Done && result.What == what);
    }
}

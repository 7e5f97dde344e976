using System.CommandLine;
using System.Globalization;
using Fleet.Core.Cloud;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that link merchants with SumUp.</summary>
internal static class MerchantVerbs
{
    private const int PageSize = 500;

    /// <summary>Names standard input in the place of a file.</summary>
    private const string StandardInput = "-";

    private static readonly string[]
        Heads = ["MERCHANT", "NAME", "LINK", "SOURCE", "STATE", "KEY", "SINCE"],
        PermissionHeads = ["PERMISSION", "STATE"], FactHeads = ["FACT", "VALUE"];

    public static Command BuildCommand(CommandLine line)
    {
        var merchant = OptionFactory.CreateArgument("code", "Its code.");
        return CommandLine.BuildGroup("merchant", "List merchants, and link them with SumUp.",
            line.BuildVerb("list", "Merchants, and how the readers of each are reached.", ListMerchants),
            line.BuildVerb("show", "The link of a merchant, without its keys.", async session =>
                await PrintLink(session, await session.Node.Merchants.GetLinkAsync(
                    new() { MerchantCode = session.GetValue(merchant) }, session.Call)), merchant),
            BuildLink(line, merchant),
            line.BuildVerb("unlink", "Remove the link that was made by 'link'.", async session =>
            {
                var told = await session.Node.Merchants.UnlinkAsync(
                    new() { MerchantCode = session.GetValue(merchant) }, session.Call);
                await session.PrintAnswer(told, Describe(told));
            }, merchant));
    }

    private static Command BuildLink(CommandLine line, Argument<string> merchant)
    {
        var key = OptionFactory.CreateText("--api-key-file", "file",
            "File with the API key of SumUp; - for standard input. Without it FLEET_SUMUP_API_KEY is the key.");
        var app = OptionFactory.CreateText("--affiliate-app-id", "id", "The application of the affiliate key.");
        var affiliate = OptionFactory.CreateText("--affiliate-key-file", "file",
            "File with the affiliate key; - for standard input. Without it FLEET_SUMUP_AFFILIATE_KEY is the key.");
        var url = OptionFactory.CreateText("--base-url", "address", "Where SumUp's API is.");
        var rate = OptionFactory.CreateNumber("--rate", "number", "Requests per second.", 1, LinkFields.MaxRate);
        var burst = OptionFactory.CreateNumber(
            "--burst", "number", "Requests at once after a quiet time.", 1, LinkFields.MaxBurst);
        var dry = OptionFactory.CreateSwitch("--dry-run", "Only try the key, and say what it may do.");
        return line.BuildVerb("link", "Link a merchant with SumUp, or give it another key. The key is tried first.",
            async session =>
            {
                var (keyFile, affiliateFile) = (session.GetText(key), session.GetText(affiliate));
                if (keyFile == StandardInput && affiliateFile == StandardInput)
                    throw Failure.WrongUsage("Only one of the two keys can come from standard input.");
                var ask = new Proto.LinkMerchantRequest
                {
                    MerchantCode = session.GetValue(merchant),
                    ApiKey = ReadKey(session, keyFile, key.Name, "SUMUP_API_KEY"),
                    AffiliateAppId = session.GetText(app),
                    AffiliateKey = ReadKey(session, affiliateFile, affiliate.Name, "SUMUP_AFFILIATE_KEY"),
                    BaseUrl = session.GetText(url),
                    RequestsPerSecond = session.GetValue(rate),
                    Burst = session.GetValue(burst),
                    DryRun = session.GetValue(dry),
                };
                if (ask.ApiKey.Length == 0)
                    throw Failure.WrongUsage("There is no API key.", "Name a file with --api-key-file.");
                return await PrintTrial(session, ask, await session.Node.Merchants.LinkAsync(ask, session.Call));
            }, merchant, key, app, affiliate, url, rate, burst, dry);
    }

    /// <summary>A key of a file, of standard input, or of the environment; empty for none.</summary>
    private static string ReadKey(Session session, string file, string option, string variable) => file switch
    {
        "" => session.Terminal.Environment[variable]?.Trim() ?? "",
        StandardInput => session.Terminal.In.ReadToEnd().Trim(),
        _ => Files.ReadText(file, option).Trim(),
    };

    private static async Task<int> PrintTrial(
        Session session, Proto.LinkMerchantRequest ask, Proto.LinkMerchantReply told)
    {
        await session.PrintAnswer(told, PermissionHeads, RowsOf(told.Permissions));
        if (told.Refused is { } refused)
        {
            await session.PrintHint($"It would be refused: {refused.Message}");
            return ExitCode.Refused;
        }
        await session.PrintHint(ask.DryRun ? "It would be linked. Nothing was changed." : Describe(told.Link));
        return ExitCode.Done;
    }

    private static async Task ListMerchants(Session session)
    {
        var all = new Proto.ListMerchantsReply();
        var ask = new Proto.ListMerchantsRequest { PageSize = PageSize };
        do
        {
            var page = await session.Node.Merchants.ListAsync(ask, session.Call);
            all.Merchants.AddRange(page.Merchants);
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
        await session.PrintAnswer(all, Heads, all.Merchants.Select(one => new[]
        {
            one.MerchantCode, one.Name, one.Sandbox ? "sandbox" : one.Link.Kind, one.Link.Source, one.Link.State,
            one.Link.Fingerprint, one.Link.LinkedAt.ToText(),
        }));
    }

    private static Task PrintLink(Session session, Proto.MerchantLink link) => session.PrintAnswer(link, async () =>
    {
        string[][] facts =
        [
            ["link", link.Kind], ["source", link.Source], ["state", link.State], ["key", link.Fingerprint],
            ["affiliate", link.AffiliateAppId], ["address", link.BaseUrl],
            ["budget", link.RequestsPerSecond == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $"{link.RequestsPerSecond} per second, {link.Burst} at once; {link.RequestsLeft} left, "
                + $"{link.RequestsWaiting} waiting")],
            ["since", link.LinkedAt.ToText()], ["by", link.LinkedBy],
        ];
        await session.Terminal.PrintTable(FactHeads, facts.Where(fact => fact[1].Length > 0));
        if (link.Permissions.Count == 0) return;
        await session.Terminal.PrintLine("");
        await session.Terminal.PrintTable(PermissionHeads, RowsOf(link.Permissions));
    });

    private static IEnumerable<string[]> RowsOf(IEnumerable<Proto.KeyPermission> permissions) =>
        permissions.Select(one => new[] { one.Name, one.State.Replace('_', ' ') });

    private static string Describe(Proto.MerchantLink link) => link.Kind is "device"
        ? $"{link.MerchantCode} is not linked with SumUp."
        : $"{link.MerchantCode} is linked with SumUp by key {link.Fingerprint} of the {link.Source}.";
}

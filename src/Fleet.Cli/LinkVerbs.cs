using System.CommandLine;
using System.Globalization;
using Fleet.Core.Cloud;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that link merchants with SumUp.</summary>
internal static class LinkVerbs
{
    private static readonly string[] PermissionHeads = ["PERMISSION", "STATE"];

    /// <summary>The verbs about the link of a merchant.</summary>
    public static Command[] BuildVerbs(CommandLine line, Argument<string> merchant) =>
    [
        BuildLink(line, merchant),
        line.BuildVerb("unlink", "Remove the link that was made by 'link'.", async session =>
        {
            var told = await session.Node.Merchants.UnlinkAsync(
                new() { MerchantCode = session.GetValue(merchant) }, session.Call);
            await session.PrintAnswer(told, Describe(told));
        }, merchant),
    ];

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
                if (keyFile == Session.StandardInput && affiliateFile == Session.StandardInput)
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
        _ => session.ReadSecret(file, option),
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

    /// <summary>What is known of a link, each as a fact and its value.</summary>
    public static IEnumerable<string[]> FactsOf(Proto.MerchantLink link)
    {
        string[][] facts =
        [
            ["link", link.Kind], ["link source", link.Source], ["link state", link.State],
            ["link key", link.Fingerprint],
            ["affiliate app", link.AffiliateAppId], ["address", link.BaseUrl],
            ["budget", link.RequestsPerSecond == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
                $"{link.RequestsPerSecond} per second, {link.Burst} at once; {link.RequestsLeft} left, "
                + $"{link.RequestsWaiting} waiting")],
            ["linked", link.LinkedAt.ToText()], ["linked by", link.LinkedBy],
        ];
        return facts;
    }

    /// <summary>Prints what the key of a link may do.</summary>
    public static async Task PrintPermissions(Session session, Proto.MerchantLink link)
    {
        if (link.Permissions.Count == 0) return;
        await session.Terminal.PrintLine("");
        await session.Terminal.PrintTable(PermissionHeads, RowsOf(link.Permissions));
    }

    private static IEnumerable<string[]> RowsOf(IEnumerable<Proto.KeyPermission> permissions) =>
        permissions.Select(one => new[] { one.Name, one.State.Replace('_', ' ') });

    private static string Describe(Proto.MerchantLink link) => link.Kind is "device"
        ? $"{link.MerchantCode} is not linked with SumUp."
        : $"{link.MerchantCode} is linked with SumUp by key {link.Fingerprint} of the {link.Source}.";
}

using System.CommandLine;
using System.Globalization;
using Fleet.Core.Access;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that make, list, replace and revoke API keys.</summary>
internal static class KeyVerbs
{
    private const int PageSize = 500;

    private static readonly string[] Heads =
        ["KEY", "PREFIX", "NAME", "MERCHANT", "STORE", "SCOPES", "RATE", "SINCE", "EXPIRES", "STATE"];

    public static Command BuildCommand(CommandLine line)
    {
        var key = OptionFactory.CreateArgument("key", "Its id.");
        var overlap = OptionFactory.CreateNumber(
            "--overlap", "seconds", "How long the old key stays valid. Default a day.",
            0,
            KeyRules.MaxOverlapSeconds);
        return CommandLine.BuildGroup("keys", "Create, list, rotate and revoke API keys.",
            BuildCreate(line),
            line.BuildVerb("list", "Keys, the newest first, also those that are over.", ListKeys),
            line.BuildVerb("self", "The key that this command uses: its reach and its scopes.", async session =>
            {
                var own = await session.Node.Keys.SelfAsync(new(), session.Call);
                await session.PrintAnswer(own, Heads, [ToCells(own, session.Now)]);
            }),
            line.BuildVerb("rotate", "Make a key with the rights of another, which stays valid for a while.",
                async session =>
            {
                var ask = new Proto.RotateKeyRequest { KeyId = session.GetValue(key) };
                if (session.IsGiven(overlap)) ask.OverlapSeconds = session.GetValue(overlap);
                await PrintKey(session, await session.Node.Keys.RotateAsync(ask, session.Call));
            }, key, overlap),
            line.BuildVerb("revoke", "End a key: at once here, within 5 seconds everywhere.", async session =>
            {
                var told = await session.Node.Keys.RevokeAsync(new() { KeyId = session.GetValue(key) }, session.Call);
                await session.PrintAnswer(told,
                    $"{told.Name} ({told.KeyId}) is revoked since {told.RevokedAt.ToText()}.");
            }, key));
    }

    private static Command BuildCreate(CommandLine line)
    {
        var name = OptionFactory.CreateArgument("name", "What people call it.");
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"What it may do. Again for more: {string.Join(", ", ScopeWords.WordsOf(Scopes.All))}.",
            HelpName = "scope",
            Required = true,
        };
        scopes.CompletionSources.Add([.. ScopeWords.WordsOf(Scopes.All)]);
        var store = OptionFactory.CreateText("--store", "store", "The only store it reaches.");
        var expires = OptionFactory.CreateTime("--expires", "When it ends by itself.", line.Time, ahead: true);
        var rate = OptionFactory.CreateNumber("--rate", "number", "Requests per second it may make on a node.", 1,
            KeyLimits.MaxRequestsPerSecond);
        var yes = OptionFactory.CreateSwitch("--yes", "Do not ask, when your own key is for the whole chain.");
        return line.BuildVerb("create", "Make a key. It is printed only this once.", async session =>
        {
            var ask = new Proto.CreateKeyRequest
            {
                Name = session.GetValue(name),
                Store = session.GetText(store),
                MerchantCode = session.Settings.Merchant ?? "",
                ExpiresAt = session.GetValue(expires),
                RequestsPerSecond = session.GetValue(rate),
            };
            ask.Scopes.AddRange(session.GetValue(scopes) ?? []);
            await ConfirmReach(session, ask, yes);
            await PrintKey(session, await session.Node.Keys.CreateAsync(ask, session.Call));
        }, name, scopes, store, expires, rate, yes);
    }

    /// <summary>
    /// A key of the whole chain can make keys of any reach, so the reach is said before the key is made.
    /// </summary>
    private static async Task ConfirmReach(Session session, Proto.CreateKeyRequest ask, Option<bool> yes)
    {
        var own = await session.Node.Keys.SelfAsync(new(), session.Call);
        if (own.MerchantCode.Length > 0) return;
        var reach = DescribeReach(new() { MerchantCode = ask.MerchantCode, Store = ask.Store });
        await session.Confirm($"The key {ask.Name} will be for {reach}.", yes);
    }

    /// <summary>Prints only the key to standard output, so that it can be redirected into a file.</summary>
    private static async Task PrintKey(Session session, Proto.NewKey made)
    {
        await session.PrintAnswer(made, made.Key);
        await session.PrintHint(
            $"{made.About.Name} ({made.About.KeyId}) for {DescribeReach(made.About)}. Keep the key: it is not "
                + "told again.");
    }

    /// <summary>What a key reaches, in words.</summary>
    public static string DescribeReach(Proto.ApiKey key) => key switch
    {
        { MerchantCode: "" } => "the whole chain",
        { Store: "" } => $"merchant {key.MerchantCode}",
        _ => $"store {key.Store} of merchant {key.MerchantCode}",
    };

    private static async Task ListKeys(Session session)
    {
        var all = new Proto.ListKeysReply();
        var ask = new Proto.ListKeysRequest { PageSize = PageSize, MerchantCode = session.Settings.Merchant ?? "" };
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            var page = await session.Node.Keys.ListAsync(ask, session.Call);
            all.Keys.AddRange(page.Keys);
            return page.NextPageToken;
        });
        await session.PrintAnswer(all, Heads, all.Keys.Select(key => ToCells(key, session.Now)));
    }

    private static string[] ToCells(Proto.ApiKey key, DateTimeOffset now) =>
    [
        key.KeyId, key.Prefix, key.Name, key.MerchantCode, key.Store, string.Join(' ', key.Scopes),
        key.RequestsPerSecond == 0 ? "" : key.RequestsPerSecond.ToString(CultureInfo.InvariantCulture),
        key.CreatedAt.ToText(), key.ExpiresAt.ToText(), DescribeState(key, now),
    ];

    private static string DescribeState(Proto.ApiKey key, DateTimeOffset now) => key switch
    {
        { RevokedAt: not null } => "revoked",
        { ExpiresAt: { } end } when end.ToDateTimeOffset() <= now => "expired",
        { ReplacedBy.Length: > 0 } => "replaced",
        _ => "good",
    };
}

using System.CommandLine;
using Fleet.Core.Access;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs for the merchants of the installation.</summary>
internal static class MerchantVerbs
{
    private const int PageSize = 500;

    private static readonly string[] Heads =
        ["MERCHANT", "NAME", "KIND", "STATE", "SOURCE", "CURRENCY", "LINK", "LINK STATE"];

    public static Command BuildCommand(CommandLine line)
    {
        var merchant = OptionFactory.CreateArgument("code", "Its code.");
        var reason = OptionFactory.CreateText("--reason", "text", "Why, for people.");
        reason.Required = true;
        var overlap = OptionFactory.CreateNumber("--overlap", "seconds",
            "How long the secrets before it are used beside it. Default a day.", 0, KeyRules.MaxOverlapSeconds);
        var group = CommandLine.BuildGroup("merchants", "Make, change, suspend and list merchants, and link them.",
            BuildList(line),
            line.BuildVerb("show", "All that is known of a merchant, without its keys and secrets.", async session =>
                await MerchantText.PrintMerchant(session, await session.Node.Merchants.GetAsync(
                    new() { MerchantCode = session.GetValue(merchant) }, session.Call)), merchant),
            line.BuildVerb("payment-methods", "What the merchant takes in person.", async session =>
            {
                var told = await Rest.Get(session,
                    $"/v0.1/merchants/{Uri.EscapeDataString(session.GetValue(merchant))}/payment-methods");
                await session.PrintAnswer(told.WriteTo, () => session.Terminal.PrintLine(string.Join('\n',
                    told.GetProperty("available_payment_methods").EnumerateArray().Select(one => one.TextOf("id")))));
            }, merchant),
            BuildCreate(line, merchant),
            BuildUpdate(line, merchant),
            line.BuildVerb("suspend", "Start no payments any more. Open ones go on to their end.", async session =>
                await PrintDone(session, await session.Node.Merchants.SuspendAsync(
                    new() { MerchantCode = session.GetValue(merchant), Reason = session.GetText(reason) },
                    session.Call), "is suspended"), merchant, reason),
            line.BuildVerb("resume", "Start payments again.", async session =>
                await PrintDone(session, await session.Node.Merchants.ResumeAsync(
                    new() { MerchantCode = session.GetValue(merchant) }, session.Call), "starts payments"), merchant),
            BuildAddKey(line, merchant),
            BuildRetireKey(line, merchant),
            line.BuildVerb("rotate-secret", "Make a secret that signs webhooks. It is printed only this once.",
                session => RotateSecret(session, merchant, overlap), merchant, overlap));
        foreach (var verb in LinkVerbs.BuildVerbs(line, merchant)) group.Add(verb);
        group.Aliases.Add("merchant");
        return group;
    }

    private static Command BuildList(CommandLine line)
    {
        var search = OptionFactory.CreateText("--search", "text", "Only those with this text in their code or name.");
        var state = OptionFactory.CreateChoice("--state", "Only those in this state.", "active", "suspended");
        var kind = OptionFactory.CreateChoice("--kind", "Only those of this kind.", "sandbox", "live");
        var source = OptionFactory.CreateChoice("--source", "Only those from there.", "api", "configuration");
        return line.BuildVerb("list", "Merchants, and how the readers of each are reached.", async session =>
        {
            var all = new Proto.ListMerchantsReply();
            var ask = new Proto.ListMerchantsRequest
            {
                PageSize = PageSize, Search = session.GetText(search), State = session.GetText(state),
                Kind = session.GetText(kind), Source = session.GetText(source),
            };
            await Pages.Walk(async token =>
            {
                ask.PageToken = token;
                var page = await session.Node.Merchants.ListAsync(ask, session.Call);
                all.Merchants.AddRange(page.Merchants);
                return page.NextPageToken;
            });
            await session.PrintAnswer(all, Heads, all.Merchants.Select(one => new[]
            {
                one.MerchantCode, one.Name, MerchantText.KindOf(one), MerchantText.StateOf(one), one.Source,
                one.Currency, one.Sandbox ? "" : one.Link.Kind, one.Link.State,
            }));
        }, search, state, kind, source);
    }

    private static Command BuildCreate(CommandLine line, Argument<string> merchant)
    {
        var (sandbox, terms) = (
            OptionFactory.CreateSwitch("--sandbox", "It has virtual readers only. This never changes."),
            new MerchantTermOptions());
        return line.BuildVerb("create", "Make a merchant.", async session =>
        {
            var ask = new Proto.CreateMerchantRequest
            {
                MerchantCode = session.GetValue(merchant), Sandbox = session.GetValue(sandbox),
            };
            terms.Fill(session, ask);
            await PrintDone(session, await session.Node.Merchants.CreateAsync(
                ask, session.Node.ForChain(session.Cancel)), "is made");
        }, [merchant, sandbox, .. terms.All]);
    }

    private static Command BuildUpdate(CommandLine line, Argument<string> merchant)
    {
        var terms = new MerchantTermOptions();
        return line.BuildVerb("update", "Change what is given; an empty text removes what was said.", async session =>
        {
            var ask = new Proto.UpdateMerchantRequest { MerchantCode = session.GetValue(merchant) };
            if (!terms.Fill(session, ask))
                throw Failure.WrongUsage("There is nothing to change.", "Name a field, for example --name.");
            await PrintDone(session, await session.Node.Merchants.UpdateAsync(ask, session.Call), "is changed");
        }, [merchant, .. terms.All]);
    }

    private static Command BuildAddKey(CommandLine line, Argument<string> merchant)
    {
        var name = OptionFactory.CreateText("--name", "text", "What people call it.");
        var app = OptionFactory.CreateText("--app-id", "id", "The application of the key.");
        var file = OptionFactory.CreateText("--affiliate-key-file", "file",
            "File with the affiliate key; - for standard input.");
        (name.Required, app.Required, file.Required) = (true, true, true);
        return line.BuildVerb("add-affiliate-key", "Let tills use an affiliate key. Only its hash is kept.",
            async session => await PrintDone(session, await session.Node.Merchants.AddAffiliateKeyAsync(new()
            {
                MerchantCode = session.GetValue(merchant), Name = session.GetText(name),
                AppId = session.GetText(app), Key = session.ReadSecret(session.GetText(file), file.Name),
            }, session.Call), "has the key"), merchant, name, app, file);
    }

    private static Command BuildRetireKey(CommandLine line, Argument<string> merchant)
    {
        var name = OptionFactory.CreateText("--name", "text", "What people call it.");
        name.Required = true;
        return line.BuildVerb("retire-affiliate-key", "Let tills use an affiliate key no more.",
            async session => await PrintDone(session, await session.Node.Merchants.RetireAffiliateKeyAsync(
                new() { MerchantCode = session.GetValue(merchant), Name = session.GetText(name) }, session.Call),
                "has retired the key"), merchant, name);
    }

    /// <summary>Prints only the secret to standard output, so that it can be redirected into a file.</summary>
    private static async Task RotateSecret(Session session, Argument<string> merchant, Option<int> overlap)
    {
        var ask = new Proto.RotateWebhookSecretRequest { MerchantCode = session.GetValue(merchant) };
        if (session.IsGiven(overlap)) ask.OverlapSeconds = session.GetValue(overlap);
        var made = await session.Node.Merchants.RotateWebhookSecretAsync(ask, session.Call);
        await session.PrintAnswer(made, made.Secret);
        await session.PrintHint("Keep the secret: it is not told again.");
    }

    private static Task PrintDone(Session session, Proto.Merchant merchant, string what) =>
        session.PrintAnswer(merchant, $"Merchant {merchant.MerchantCode} {what}. On other nodes within 5 seconds.");
}

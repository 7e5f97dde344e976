using System.Globalization;
using Fleet.Core.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Merchants, as people read them.</summary>
internal static class MerchantText
{
    private static readonly string[]
        FactHeads = ["FACT", "VALUE"], KeyHeads = ["AFFILIATE KEY", "APPLICATION", "FINGERPRINT", "SINCE", "RETIRED"],
        SecretHeads = ["WEBHOOK SECRET", "SINCE", "EXPIRES"];

    /// <summary>Prints all that is known of a merchant.</summary>
    public static Task PrintMerchant(Session session, Proto.Merchant merchant) =>
        session.PrintAnswer(merchant, async () =>
        {
            await session.Terminal.PrintTable(FactHeads, FactsOf(merchant).Where(fact => fact[1].Length > 0));
            if (merchant.AffiliateKeys.Count > 0)
            {
                await session.Terminal.PrintLine("");
                await session.Terminal.PrintTable(KeyHeads, merchant.AffiliateKeys.Select(key => new[]
                {
                    key.Name, key.AppId, key.Fingerprint, key.CreatedAt.ToText(), key.RetiredAt.ToText(),
                }));
            }
            if (merchant.WebhookSecrets.Count > 0)
            {
                await session.Terminal.PrintLine("");
                await session.Terminal.PrintTable(SecretHeads, merchant.WebhookSecrets.Select(secret =>
                    new[] { secret.SecretId, secret.CreatedAt.ToText(), secret.ExpiresAt.ToText() }));
            }
            await LinkVerbs.PrintPermissions(session, merchant.Link);
        });

    private static IEnumerable<string[]> FactsOf(Proto.Merchant one) =>
    [
        ["merchant", one.MerchantCode], ["name", one.Name], ["kind", KindOf(one)], ["state", StateOf(one)],
        ["suspended", one.Suspension is { } since ? $"{since.Since.ToText()} by {since.By}: {since.Reason}" : ""],
        ["source", one.Source], ["country", one.Country], ["currency", one.Currency], ["locale", one.Locale],
        ["time zone", one.TimeZone], ["return_url", one.ReturnUrl], ["largest amount", LimitOf(one)],
        ["strict sixty seconds", one.StrictSixtySeconds ? "yes" : ""],
        ["repeated references", one.AllowRepeatedForeignTransactionIds ? "allowed" : ""],
        ["test cents", one.TestCents ? "yes" : ""],
        .. LinkVerbs.FactsOf(one.Link),
        ["made", one.CreatedAt.ToText()], ["made by", one.CreatedBy], ["changed", one.UpdatedAt.ToText()],
        ["revision", one.Revision == 0 ? "" : one.Revision.ToString(CultureInfo.InvariantCulture)],
    ];

    private static string LimitOf(Proto.Merchant one) =>
        one.LargestAmount > 0 && Currencies.MinorUnitOf(one.Currency) is { } unit
            ? Amount.FormatMoney(new() { Currency = one.Currency, MinorUnit = unit, Value = one.LargestAmount })
            : "";

    /// <summary>Whether its readers are virtual.</summary>
    public static string KindOf(Proto.Merchant one) => one.Sandbox ? "sandbox" : "live";

    /// <summary>Whether it starts payments.</summary>
    public static string StateOf(Proto.Merchant one) => one.Suspension is null ? "active" : "suspended";
}

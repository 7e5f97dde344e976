using System.CommandLine;
using System.Text.Json;
using Fleet.Core.Checkouts;

namespace Fleet.Cli;

/// <summary>The verb that gives money back.</summary>
internal static class RefundVerb
{
    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("transaction", "As 'fleet transactions show' takes it.");
        var amount = new Argument<string[]>("amount")
        {
            Description = "How much, like 5.00 EUR; without it all that is left.", Arity = new(0, 2),
        };
        var key = OptionFactory.CreateText("--idempotency-key", "key",
            "Your own name for this request: a repeat with it means the same refund.");
        return line.BuildVerb("refund", "Give a payment back, in full or in part.", async session =>
        {
            var paid = await TransactionVerbs.Find(session, session.GetValue(id));
            await Refund(session, paid, string.Join(' ', session.GetValue(amount)),
                session.GetValue(key) ?? $"{Guid.NewGuid()}");
        }, id, amount, key);
    }

    /// <summary>
    /// Refunds. The payment is not read again: if that failed, it would look as if the refund had.
    /// </summary>
    private static async Task Refund(Session session, JsonElement paid, string amount, string key)
    {
        var (code, id, currency) = (paid.TextOf("transaction_code"), paid.TextOf("id"), paid.TextOf("currency"));
        var asked = amount.Length == 0 ? null : Amount.ParseMoney(amount);
        if (asked is not null && asked.Currency != currency) // the body has no currency
            throw Failure.WrongUsage($"The payment is in {currency}.");
        decimal? major = asked is null ? null : new Money(currency, asked.MinorUnit, 1).Major(asked.Value);
        await Rest.Post(session, $"/v1.0/merchants/{paid.TextOf("merchant_code")}/payments/{id}/refunds", key,
            major is null ? null : MessageJson.ToText(json => WriteAmount(json, major.Value)));
        var what = asked is null ? "all that was left" : Amount.FormatMoney(asked);
        await session.PrintAnswer(
            json => WriteAmount(json, major, ("transaction_code", code), ("transaction_id", id)),
            () => session.Terminal.PrintLine($"Refunded {what} of {code}."));
    }

    /// <summary>A document with an amount, which is null when all that was left is meant.</summary>
    private static void WriteAmount(
        Utf8JsonWriter json, decimal? amount, params (string Name, string Value)[] others)
    {
        json.WriteStartObject();
        foreach (var (name, value) in others) json.WriteString(name, value);
        if (amount is { } known) json.WriteNumber("amount", known);
        else json.WriteNull("amount");
        json.WriteEndObject();
    }
}

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

    private static async Task Refund(Session session, JsonElement paid, string amount, string key)
    {
        var code = paid.TextOf("transaction_code");
        var currency = paid.TextOf("currency");
        var body = amount.Length == 0 ? null : BodyOf(amount, currency);
        try
        {
            await Rest.Post(session, $"/v1.0/merchants/{paid.TextOf("merchant_code")}/payments/{paid.TextOf("id")}"
                + "/refunds", key, body);
        }
        catch (Failure lost) when (lost.Reason is "DEADLINE_EXCEEDED" or "UNAVAILABLE")
        {
            throw new Failure(lost.ExitCode, lost.Reason, lost.Message, "It is not known whether it was refunded. "
                + $"Repeat the command with --idempotency-key {key}: it will not be refunded twice.");
        }
        var now = await TransactionVerbs.Find(session, paid.TextOf("id"));
        var refunded = now.GetProperty("events").EnumerateArray().Sum(one => one.DecimalOf("amount"));
        await session.PrintAnswer(now.WriteTo, () => session.Terminal.PrintLine(FormattableString.Invariant(
            $"Of {code}, {now.TextOf("amount")} {currency}, {refunded} {currency} are refunded in all.")));
    }

    /// <summary>The body, which has no currency: another one than the payment's is refused here.</summary>
    private static string BodyOf(string amount, string currency)
    {
        var asked = Amount.ParseMoney(amount);
        if (asked.Currency != currency) throw Failure.WrongUsage($"The payment is in {currency}.");
        var major = new Money(asked.Currency, asked.MinorUnit, asked.Value).Major(asked.Value);
        return MessageJson.ToText(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("amount", major);
            json.WriteEndObject();
        });
    }
}

using System.CommandLine;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Records how a payment ended whose device is gone.</summary>
internal static class RecordVerb
{
    private static readonly Dictionary<string, Proto.State> Outcomes = new()
    {
        ["successful"] = Proto.State.Successful, ["failed"] = Proto.State.Failed, ["cancelled"] = Proto.State.Cancelled,
    };

    public static Command Build(CommandLine line)
    {
        var id = Kinds.Argument("checkout", "Its id, or its client transaction id.");
        var outcome = Kinds.Argument("outcome", $"How it ended: {string.Join(", ", Outcomes.Keys)}.");
        outcome.CompletionSources.Add([.. Outcomes.Keys]);
        var tip = Kinds.Of("--tip", "amount", "What was charged on top, like '1.50 EUR'.");
        var reason = Kinds.Of("--reason", "text", "How you know. Required.");
        var reference = Kinds.Of("--reference", "text",
            "Where that can be looked up, like the acquirer's receipt number. Required.");
        return line.Verb("record", "Record the outcome of a started checkout whose device cannot tell it any more.",
            async session =>
            {
                var ask = new Proto.RecordOutcomeRequest
                {
                    CheckoutId = WhyVerb.IdOf(session.Get(id)),
                    Outcome = Outcomes.TryGetValue(session.Get(outcome), out var known)
                        ? known
                        : throw Failure.Usage($"'{session.Get(outcome)}' is not an outcome.",
                            $"It is one of {string.Join(", ", Outcomes.Keys)}."),
                    Reason = Given(session, reason),
                    Reference = Given(session, reference),
                };
                if (session.Get(tip) is { } amount) ask.Tip = await TipOf(session, ask.CheckoutId, amount);
                var recorded = await session.Node.Checkouts.RecordOutcomeAsync(ask, session.Call);
                await session.Answer(recorded, $"Recorded: {Amount.Text(recorded.TotalAmount)} "
                    + $"{recorded.State.Word()}, checkout {recorded.CheckoutId}.");
            }, id, outcome, tip, reason, reference);
    }

    private static string Given(Session session, Option<string> option) =>
        session.Text(option) is { Length: > 0 } text
            ? text
            : throw Failure.Usage($"{option.Name} is missing.", $"{option.Description}");

    /// <summary>A tip in minor units; one in another currency is a mistake.</summary>
    private static async Task<long> TipOf(Session session, string checkoutId, string text)
    {
        var tip = Amount.Parse(text);
        var checkout = await session.Node.Checkouts.GetAsync(new() { CheckoutId = checkoutId }, session.Call);
        return tip.Currency == checkout.TotalAmount.Currency
            ? tip.Value
            : throw Failure.Usage($"The tip is in {tip.Currency}, the checkout in {checkout.TotalAmount.Currency}.");
    }
}

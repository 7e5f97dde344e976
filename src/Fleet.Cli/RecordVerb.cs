using System.CommandLine;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that records how a payment ended when its device cannot report it any more.</summary>
internal static class RecordVerb
{
    private static readonly Dictionary<string, Proto.State> Outcomes = new()
    {
        ["successful"] = Proto.State.Successful, ["failed"] = Proto.State.Failed, ["cancelled"] = Proto.State.Cancelled,
    };

    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("checkout", "Its id, or its client transaction id.");
        var outcome = OptionFactory.CreateArgument("outcome", $"How it ended: {string.Join(", ", Outcomes.Keys)}.");
        outcome.CompletionSources.Add([.. Outcomes.Keys]);
        var tip = OptionFactory.CreateText("--tip", "amount", "What was charged on top, like '1.50 EUR'.");
        var reason = OptionFactory.CreateText("--reason", "text", "How you know. Required.");
        var reference = OptionFactory.CreateText("--reference", "text",
            "Where that can be looked up, like the acquirer's receipt number. Required.");
        return line.BuildVerb("record",
            "Record the outcome of a started checkout whose device cannot tell it any more.",
            async session =>
            {
                var ask = new Proto.RecordOutcomeRequest
                {
                    CheckoutId = WhyVerb.IdOf(session.GetValue(id)),
                    Outcome = Outcomes.TryGetValue(session.GetValue(outcome), out var known)
                        ? known
                        : throw Failure.WrongUsage($"'{session.GetValue(outcome)}' is not an outcome.",
                            $"It is one of {string.Join(", ", Outcomes.Keys)}."),
                    Reason = RequireText(session, reason),
                    Reference = RequireText(session, reference),
                };
                if (session.GetValue(tip) is { } amount) ask.Tip = await TipOf(session, ask.CheckoutId, amount);
                var recorded = await session.Node.Checkouts.RecordOutcomeAsync(ask, session.Call);
                await session.PrintAnswer(recorded, $"Recorded: {Amount.FormatMoney(recorded.TotalAmount)} "
                    + $"{recorded.State.ToWord()}, checkout {recorded.CheckoutId}.");
            }, id, outcome, tip, reason, reference);
    }

    private static string RequireText(Session session, Option<string> option) =>
        session.GetText(option) is { Length: > 0 } text
            ? text
            : throw Failure.WrongUsage($"{option.Name} is missing.", $"{option.Description}");

    /// <summary>A tip in minor units; a tip in another currency than the checkout is an error.</summary>
    private static async Task<long> TipOf(Session session, string checkoutId, string text)
    {
        var tip = Amount.ParseMoney(text);
        var checkout = await session.Node.Checkouts.GetAsync(new() { CheckoutId = checkoutId }, session.Call);
        return tip.Currency == checkout.TotalAmount.Currency
            ? tip.Value
            : throw Failure.WrongUsage(
                $"The tip is in {tip.Currency}, the checkout in {checkout.TotalAmount.Currency}.");
    }
}

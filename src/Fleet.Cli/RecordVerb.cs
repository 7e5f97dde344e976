using System.CommandLine;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>
/// The verbs by which an operator records how a payment or a refund ended, when Fleet cannot find that out, or frees a
/// reader.
/// </summary>
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
                    CheckoutId = CheckoutName.IdOf(session.GetValue(id)),
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

    /// <summary>The verb that frees a reader whose payment has no outcome.</summary>
    public static Command BuildRelease(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("checkout", "Its id, or its client transaction id.");
        var reason = OptionFactory.CreateText("--reason", "text", "Why it is released. Required.");
        return line.BuildVerb("release",
            "Free the reader of a started checkout whose outcome is not known, 5 minutes after it was accepted.",
            async session =>
            {
                var released = await session.Node.Checkouts.ReleaseAsync(new()
                {
                    CheckoutId = CheckoutName.IdOf(session.GetValue(id)), Reason = RequireText(session, reason),
                }, session.Call);
                await session.PrintAnswer(released, $"Released: checkout {released.CheckoutId} over "
                    + $"{Amount.FormatMoney(released.TotalAmount)}. It is not certain whether the card was charged.");
            }, id, reason);
    }

    /// <summary>The verb that records what became of a refund.</summary>
    public static Command BuildRefund(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("checkout", "Its id, or its client transaction id.");
        var outcome = OptionFactory.CreateArgument("outcome", "What became of the refund: made, not_made.");
        outcome.CompletionSources.Add("made", "not_made");
        var reason = OptionFactory.CreateText("--reason", "text", "How you know. Required.");
        return line.BuildVerb("record-refund",
            "Record what became of a refund that SumUp was asked for and does not show.",
            async session =>
            {
                var recorded = await session.Node.Checkouts.RecordRefundAsync(new()
                {
                    CheckoutId = CheckoutName.IdOf(session.GetValue(id)),
                    Outcome = session.GetValue(outcome),
                    Reason = RequireText(session, reason),
                }, session.Call);
                await session.PrintAnswer(recorded, $"Recorded: of checkout {recorded.CheckoutId} "
                    + $"{Amount.FormatMoney(recorded.TotalAmount, recorded.Refunded)} is given back.");
            }, id, outcome, reason);
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

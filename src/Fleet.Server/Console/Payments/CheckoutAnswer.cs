using Fleet.Core.Checkouts;
using Fleet.Server.Console.Parts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Payments;

/// <summary>Did it charge? In words for a clerk. What is not known is never told as failed.</summary>
/// <param name="Tone">The class of its colour: good, bad, off, busy or warn.</param>
/// <param name="Head">The answer.</param>
/// <param name="Lines">Why, and what to do now.</param>
public sealed record CheckoutAnswer(string Tone, string Head, IReadOnlyList<string> Lines)
{
    private const string NotCharged = "No. Nothing was charged.";
    private const string NotKnown = "It is not known whether the card was charged.";

    public static CheckoutAnswer FromTimeline(Proto.CheckoutTimeline timeline)
    {
        var record = Plain(timeline.Checkout);
        return timeline.Disputed ? TellBoth(timeline, record) : record;
    }

    /// <summary>The answer of the record alone.</summary>
    private static CheckoutAnswer Plain(Proto.Checkout checkout) => checkout switch
    {
        { Reason: { } why } when ReasonAdvice.LeavesDoubt(why.Code) => new("warn", NotKnown, [why.Sentence]),
        { Refused: { } refused, Reason: { } why } =>
            new("off", NotCharged, [why.Sentence, .. Some(refused.Message), .. Some(WordOfSumUp(refused))]),
        { State: Proto.State.Failed, Reason: { } why } => new("bad", NotCharged, [why.Sentence, .. Some(Try(why))]),
        { State: Proto.State.Cancelled, Reason: { } why } => new("off", NotCharged, [why.Sentence, .. Some(Try(why))]),
        { State: Proto.State.Failed or Proto.State.Cancelled } => new("off", NotCharged, []),
        { State: Proto.State.Successful } => new("good", $"Yes. {Charged(checkout)} was charged.", Parts(checkout)),
        { Doubt: { } doubt } => new("warn", NotKnown, [doubt.Sentence, .. Some(doubt.Advice)]),
        { State: Proto.State.Unknown } => new("warn", NotKnown, []),
        _ => new("busy", "Not yet. The payment is under way.", [Wait(checkout)]),
    };

    /// <summary>The record and each claim that contradicts it.</summary>
    private static CheckoutAnswer TellBoth(Proto.CheckoutTimeline timeline, CheckoutAnswer record)
    {
        var checkout = timeline.Checkout;
        var claims = timeline.Events.Where(told => told.Claim is not null)
            .Select(told => Tell(checkout, told.Claim)).Distinct();
        return new("warn", ReasonAdvice.Disputed, [$"The record says: {record.Head}", .. claims]);
    }

    private static string Tell(Proto.Checkout checkout, Proto.Claim claim)
    {
        var who = checkout.Cloud is null ? "The device claims" : "SumUp says";
        var why = claim.Reason.Length > 0 ? $", {claim.Reason}" : "";
        var charged = claim.Amount > 0 ? $" over {Words.TextOf(checkout.TotalAmount, claim.Amount)}" : "";
        var tip = claim.Tip > 0 ? $" and a tip of {Words.TextOf(checkout.TotalAmount, claim.Tip)}" : "";
        return $"{who}: {claim.Outcome}{why}{charged}{tip}. Compare with what was really charged.";
    }

    private static string Charged(Proto.Checkout checkout) =>
        Words.TextOf(checkout.TotalAmount, checkout.TotalAmount.Value + checkout.Tip);

    private static List<string> Parts(Proto.Checkout checkout)
    {
        var lines = new List<string>();
        if (checkout.Tip > 0) lines.Add($"With a tip of {Words.TextOf(checkout.TotalAmount, checkout.Tip)}.");
        if (checkout.Refunded > 0)
            lines.Add($"{Words.TextOf(checkout.TotalAmount, checkout.Refunded)} was given back.");
        return lines;
    }

    private static string Wait(Proto.Checkout checkout) => checkout switch
    {
        { State: Proto.State.Started, TerminateRequested: true } =>
            "Its device was asked to stop and has not answered; only the device can say how this ends, or an operator "
            + "with the scope outcomes.write who knows it.",
        { State: Proto.State.Started, Cloud: not null } =>
            "The customer is at the reader; SumUp will say how this ends.",
        { State: Proto.State.Started } => "The customer is at the reader; only its device can say how this ends.",
        _ => "It waits for its device.",
    };

    private static string Try(Proto.Reason why) =>
        why.Retryable ? "It is worth another try." : "";

    private static string WordOfSumUp(Proto.Refusal refused) =>
        refused.Why.Length > 0 ? $"SumUp's own word for it: {refused.Why}." : "";

    private static IEnumerable<string> Some(string text) => text.Length > 0 ? [text] : [];
}

using System.CommandLine;
using System.Globalization;
using Fleet.Core.Checkouts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that prints a checkout's timeline in sentences.</summary>
internal static class WhyVerb
{
    private const string Device = "device", SumUp = "sumup";

    private static readonly string[] Heads = ["TIME", "AFTER", "WHO", "WHAT", "NODE"];

    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("checkout", "Its id, its client transaction id, or your own reference.");
        return line.BuildVerb("why", "What happened to a checkout, in which order, and why it ended as it did.",
            session => ExplainCheckout(session, session.GetValue(id)), id);
    }

    private static async Task ExplainCheckout(Session session, string text)
    {
        var timeline = await CheckoutName.Find(session, text, async id =>
            await session.Node.Checkouts.TimelineAsync(new() { CheckoutId = id }, session.Call));
        await session.PrintAnswer(timeline, () => PrintTimeline(session, timeline));
    }

    private static async Task PrintTimeline(Session session, Proto.CheckoutTimeline timeline)
    {
        var (checkout, say) = (timeline.Checkout, session.Terminal);
        var purpose = checkout.Description.Length > 0 ? $", {checkout.Description}" : "";
        var call = session.Node.ForMerchant(checkout.MerchantCode, session.Cancel); // a key of the chain names none
        var reader = await FindReader(session, checkout.ReaderId, call);
        await say.PrintLine(
            Terminal.ToPlainText($"{Amount.FormatMoney(checkout.TotalAmount)}{purpose}: {checkout.State.ToWord()}"));
        var till = checkout.Till.Length > 0 ? $", from the till {checkout.Till}" : "";
        await say.PrintLine(
            Terminal.ToPlainText($"Checkout {checkout.CheckoutId} on {NameOf(reader, checkout.ReaderId)}{till}"));
        await say.PrintLine("");
        var lines = ListLines(timeline).ToList();
        await say.PrintTable(Heads, lines.Select((line, i) => ToCells(line, i > 0 ? lines[i - 1] : null)));
        await say.PrintLine("");
        await say.PrintLine(Terminal.ToPlainText(DescribeEnd(timeline)));
        string?[] ofSumUp =
        [
            CloudText.DescribeOpenRefund(timeline),
            CloudText.DescribeRefusal(checkout), CloudText.DescribeReference(checkout),
            reader is null ? null : CloudText.DescribeTrouble(reader),
            checkout.Doubt is null ? null : await DescribeCloud(session, reader, call),
            Display.DescribeDeadline(checkout),
        ];
        foreach (var line in ofSumUp.OfType<string>()) await say.PrintLine(Terminal.ToPlainText(line));
        foreach (var record in timeline.Events.Where(told => told.Record is not null).Select(told => told.Record))
            await say.PrintLine(
                Terminal.ToPlainText($"An operator recorded that with the key {record.KeyName} ({record.KeyId}). "
                    + $"Reason: {record.Reason}."
                    + (record.Reference.Length > 0 ? $" Reference: {record.Reference}." : "")));
        foreach (var claim in timeline.Events.Where(told => told.Claim is not null).Select(told => told.Claim))
            await say.PrintLine(Terminal.ToPlainText(DescribeClaim(checkout, claim)));
        if (await DescribeDelivery(session, checkout.CheckoutId, call) is { } delivery)
            await say.PrintLine(Terminal.ToPlainText(delivery));
    }

    /// <summary>The events in their order; each call to SumUp's cloud stands before the first later event.</summary>
    private static IEnumerable<Line> ListLines(Proto.CheckoutTimeline timeline)
    {
        var calls = new Queue<Proto.TimelineExchange>(timeline.Exchanges);
        foreach (var told in timeline.Events)
        {
            while (calls.TryPeek(out var call) && call.At < told.At) yield return DescribeCall(calls.Dequeue());
            var word = told.Refused?.Reason ?? told.Reason?.Code ?? told.Doubt?.Code;
            var reason = word is null ? "" : $": {word}";
            var what = told.Record is not null ? $"recorded: {told.Kind}"
                : told.Kind is "started" && timeline.Checkout.Cloud is not null ? "was sent the order"
                : EventWords.Describe(told.Kind);
            var who = told.Actor is Device && timeline.Checkout.Cloud is not null ? SumUp : told.Actor;
            yield return new(told.At, who, what + reason, told.Node);
        }
        foreach (var call in calls) yield return DescribeCall(call);
    }

    private static Line DescribeCall(Proto.TimelineExchange call) => new(call.At, "cloud", string.Create(
        CultureInfo.InvariantCulture,
        $"{call.Operation} -> {(call.Status > 0 ? $"{call.Status}" : call.Verdict)} in {call.LatencyMs} ms"), "");

    private static string[] ToCells(Line line, Line? before)
    {
        var at = line.At.ToDateTime();
        var date = before?.At.ToDateTime().Date == at.Date ? "HH:mm:ss.fff'Z'" : "yyyy-MM-dd HH:mm:ss.fff'Z'";
        var after = before is null ? "" : $"+{(line.At - before.At).ToTimeSpan().ToText()}";
        return [at.ToString(date, CultureInfo.InvariantCulture), after, line.Who, line.What, line.Node];
    }

    private static string DescribeEnd(Proto.CheckoutTimeline timeline) => timeline.Checkout switch
    {
        { Reason: { } why } when timeline.Disputed => $"The record says {why.Code}. For the clerk: {why.Sentence}",
        { Reason: { } why } when ReasonAdvice.LeavesDoubt(why.Code) =>
            $"It is not known how it ended. For the clerk: {why.Sentence}",
        { Reason: { } why } => $"Nothing was charged: {why.Code}, {(why.Retryable ? "worth another try" : "another try "
            + "would end the same")}. For the clerk: {why.Sentence}",
        { State: Proto.State.Successful } checkout => $"{Amount.FormatMoney(checkout.TotalAmount)} charged"
            + (checkout.Tip > 0 ? $", and a tip of {Amount.FormatMoney(checkout.TotalAmount, checkout.Tip)}" : "")
            + (checkout.Refunded > 0
                ? $"; {Amount.FormatMoney(checkout.TotalAmount, checkout.Refunded)} given back"
                : "")
            + ".",
        { Doubt: { } doubt } => CloudText.DescribeDoubt(doubt),
        { State: Proto.State.Started, TerminateRequested: true } =>
            "Its device was asked to stop and has not answered; only the device can say how this ends.",
        { State: Proto.State.Started, Cloud: not null } =>
            "The customer is at the reader; SumUp will say how this ends.",
        { State: Proto.State.Started } => "The customer is at the reader; only its device can say how this ends.",
        var checkout =>
            $"It waits for its device until {checkout.ValidUntil.ToText()}; 'fleet checkout watch' goes on from here.",
    };

    private static string DescribeClaim(Proto.Checkout checkout, Proto.Claim claim)
    {
        var why = claim.Reason.Length > 0 ? $", {claim.Reason}" : "";
        var charged = claim.Amount > 0 ? $" over {Amount.FormatMoney(checkout.TotalAmount, claim.Amount)}" : "";
        var tip = claim.Tip > 0 ? $" and a tip of {Amount.FormatMoney(checkout.TotalAmount, claim.Tip)}" : "";
        var who = checkout.Cloud is null ? "The device claims" : "SumUp says";
        return $"{who} {claim.Outcome}{why}{charged}{tip}, which contradicts the record: compare with what "
            + "was really charged.";
    }

    /// <summary>The reader; null when it is not there any more, or the key may not read it.</summary>
    private static async Task<Proto.Reader?> FindReader(Session session, string readerId, CallOptions call)
    {
        try
        {
            return await session.Node.Readers.GetAsync(new() { ReaderId = readerId }, call);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound)
        {
            return null;
        }
    }

    private static string NameOf(Proto.Reader? reader, string readerId) => reader is null
        ? readerId
        : Terminal.ToPlainText($"{reader.Name} ({readerId}) in {reader.Store}");

    /// <summary>That SumUp has trouble; null when it has none, or the key may not read the status.</summary>
    private static async Task<string?> DescribeCloud(Session session, Proto.Reader? reader, CallOptions call)
    {
        try
        {
            var ask = new Proto.FleetStatusRequest();
            if (reader is not null) ask.Stores.Add(reader.Store);
            return CloudText.DescribeCloud(await session.Node.Status.GetAsync(ask, call));
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.PermissionDenied)
        {
            return null;
        }
    }

    /// <summary>The state of the webhook, if there is one and the key may read it.</summary>
    private static async Task<string?> DescribeDelivery(Session session, string checkoutId, CallOptions call)
    {
        try
        {
            var told = await session.Node.Webhooks.GetAsync(new() { EventId = checkoutId }, call);
            var problem = told.Problem.Length > 0 && told.State is not "delivered" ? $" {told.Problem}" : "";
            return $"Webhook to {told.Url}: {told.State} after {Display.CountOf(told.Attempts, "attempt")}.{problem}";
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.PermissionDenied or StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>One line of the table.</summary>
    private sealed record Line(Timestamp At, string Who, string What, string Node);
}

using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that start, show, watch, terminate and record checkouts.</summary>
internal static class CheckoutVerbs
{
    /// <summary>How often a broken watch is begun again: it breaks when a node is replaced.</summary>
    private const int Tries = 10;

    private static readonly TimeSpan BeforeTry = TimeSpan.FromSeconds(1);

    private static readonly string[] Heads = ["CHECKOUT", "ACCEPTED", "AMOUNT", "OUTCOME", "DESCRIPTION"];

    public static Command BuildCommand(CommandLine line)
    {
        var reader = OptionFactory.CreateArgument("reader", "Its id.");
        var one = OptionFactory.CreateOptional("checkout", "Its id; without one, all of the merchant, until Ctrl-C.");
        var id = OptionFactory.CreateArgument("checkout", "Its id, or its client transaction id.");
        return CommandLine.BuildGroup("checkout", "Start, list, show, watch, terminate and record checkouts.",
            new StartVerb().BuildCommand(line),
            line.BuildVerb("show", "A checkout as it is now, and what to do about it.",
                session => ShowCheckout(session, session.GetValue(id)), id),
            line.BuildVerb("list", "The newest checkouts of a reader.",
                session => ListCheckouts(session, session.GetValue(reader)), reader),
            line.BuildVerb("watch", "The state of a checkout, then each event, until its outcome.",
                async session =>
                {
                    if (session.FindValue(one) is not { } known)
                        return await ReaderListing.UntilInterrupted(
                            session, () => Rest.Watch(session, "/fleet/v1/events"));
                    await WatchCheckout(session, CheckoutName.IdOf(known));
                    return ExitCode.Done;
                }, one),
            TerminateVerb.BuildCommand(line), RecordVerb.BuildCommand(line), RecordVerb.BuildRelease(line),
            RecordVerb.BuildRefund(line));
    }

    private static async Task ShowCheckout(Session session, string text)
    {
        var checkout = await CheckoutName.Find(session, text, async id =>
            await session.Node.Checkouts.GetAsync(new() { CheckoutId = id }, session.Call));
        await session.PrintAnswer(checkout, async () =>
        {
            string?[] lines =
            [
                $"{checkout.UpdatedAt.ToText()}  {DescribeOutcome(checkout)}",
                checkout.Doubt is { } doubt ? CloudText.DescribeDoubt(doubt) : CloudText.DescribeRefusal(checkout),
                CloudText.DescribeReference(checkout),
                Display.DescribeDeadline(checkout),
            ];
            foreach (var text in lines.OfType<string>())
                await session.Terminal.PrintLine(Terminal.ToPlainText(text));
        });
    }

    private static async Task ListCheckouts(Session session, string reader)
    {
        var told = await session.Node.Checkouts.ListAsync(new() { ReaderId = reader }, session.Call);
        await session.PrintAnswer(told, Heads, told.Checkouts.Select(one => new[]
        {
            one.CheckoutId, one.AcceptedAt.ToText(), Amount.FormatMoney(one.TotalAmount), one.State.ToWord(),
            one.Description,
        }));
    }

    /// <summary>Prints each event of a checkout, and returns the checkout with its outcome.</summary>
    public static async Task<Proto.Checkout?> WatchCheckout(Session session, string id)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                var last = await WatchOnce(session, id);
                if (last is null || IsOver(last) || left == 0) return last;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable && left > 0)
            {
                await session.PrintHint(
                    $"The node is away ({Failure.FromRpc(e, session.Settings).Reason}); asking again.");
            }
            await Task.Delay(BeforeTry, session.Terminal.Time, session.Cancel);
        }
    }

    private static bool IsOver(Proto.Checkout checkout) =>
        checkout.State is Proto.State.Successful or Proto.State.Failed or Proto.State.Cancelled;

    private static async Task<Proto.Checkout?> WatchOnce(Session session, string id)
    {
        using var call = session.Node.Checkouts.Watch(new() { CheckoutId = id }, session.Stream);
        Proto.Checkout? last = null;
        await foreach (var told in call.ResponseStream.ReadAllAsync(session.Cancel))
        {
            last = told.Checkout;
            await session.PrintAnswer(told, $"{last.UpdatedAt.ToText()}  {told.Kind}: {DescribeOutcome(last)}");
        }
        return last;
    }

    private static string DescribeOutcome(Proto.Checkout checkout) => checkout switch
    {
        { Refused: { } no } => $"{checkout.State.ToWord()}, {no.Reason}. {no.Message}",
        { Reason: { } why } => $"{checkout.State.ToWord()}, {why.Code}. {why.Sentence}",
        { Doubt: { } doubt } => $"{checkout.State.ToWord()}, {doubt.Code}. {doubt.Sentence}",
        _ => $"{checkout.State.ToWord()}, {Amount.FormatMoney(checkout.TotalAmount)}"
            + (checkout.Tip > 0 ? $" and a tip of {Amount.FormatMoney(checkout.TotalAmount, checkout.Tip)}" : ""),
    };
}

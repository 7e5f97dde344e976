using Fleet.Protocol;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator.Conformance;

/// <summary>Dialling, the first frame, pings, epochs and closing.</summary>
internal static class ConnectionRules
{
    /// <summary>Connections that are closed at once, so that back-off can be seen.</summary>
    private const int Refusals = 5;

    /// <summary>
    /// Five random waits with full jitter add up to less than this once in 50,000 times.
    /// </summary>
    private static readonly TimeSpan ShortestWaits = TimeSpan.FromSeconds(0.3);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>A frame of the largest size that a device must take, without what is put around this text.</summary>
    private const int Padding = Link.MaxFrame - 3_000;

    public static readonly IReadOnlyList<Rule> All =
    [
        new("The connection offers the sub-protocol fleet.link.v1.", OffersProtocol),
        new("A server that does not choose the sub-protocol is left.", LeavesOtherServer),
        new("The first frame is a hello that Fleet can take.", SaysHello),
        new("After welcome the device sends its results, its status and its state, in this order.", TellsItself),
        new("A ping is answered during a payment.", AnswersPing),
        new("A frame of another epoch changes nothing.", IgnoresOtherEpochs),
        new("A second welcome on the same connection replaces the epoch.", TakesSecondWelcome),
        new("Unknown members and frames of nearly 16 KiB are taken.", TakesLargeFrames),
        new("A frame that cannot be read is answered by closing with 4002.", ClosesWith4002),
        new("After a lost connection the device dials with random back-off.", BacksOff),
        new("After close code 1012 it dials within 2 seconds.", DialsAfterGoingAway),
        new("After 35 seconds of silence it closes and dials again.", NoticesSilence) { Slow = true },
    ];

    private static async Task OffersProtocol(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        if (!fleet.Talk.Link.OffersLink)
            throw new RuleBrokenException($"The request does not offer {Link.SubProtocol}.");
    }

    private static async Task LeavesOtherServer(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        fleet.Server.ChoosesProtocol = false;
        try
        {
            await fleet.Talk.Link.Cut();
            var dial = await fleet.AwaitDial();
            await using (dial)
            {
                await EndsWithin(fleet, dial, CheckLimits.Answer, "the server chose no sub-protocol");
                if (dial.Frames.TryRead(out _))
                    throw new RuleBrokenException("The device talks to a server that chose no sub-protocol.");
            }
        }
        finally
        {
            fleet.Server.ChoosesProtocol = true;
        }
        await fleet.AwaitHello();
    }

    private static async Task SaysHello(PlayedFleet fleet)
    {
        var hello = await fleet.BeginUnpaired();
        if (!IsText(hello.Serial)) throw new RuleBrokenException($"Fleet takes no serial number like {hello.Serial}.");
        if (!IsText(hello.Firmware)) throw new RuleBrokenException($"Fleet takes no firmware like {hello.Firmware}.");
        if (hello.Model is not (VirtualReaderOptions.VirtualSolo or "solo"))
            throw new RuleBrokenException($"Fleet knows no model {hello.Model}.");
        await fleet.Talk.Watch(frame => $"A {frame.GetType().Name} came from a device that is not paired.");
    }

    private static async Task TellsItself(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var lost = Payments.NewOrder();
        await fleet.Talk.Grant(lost);
        await fleet.AwaitLost(lost, "granted for a checkout that it does not have");
        await fleet.Welcome();
        fleet.Talk.Forbid(frame => frame is DeviceStatus or ScreenState ? "The result did not come first." : null);
        await fleet.AwaitLost(lost, "the next welcome");
        fleet.Talk.Forbid(frame => frame is ScreenState ? "The status did not come before the state." : null);
        await fleet.Talk.Expect<DeviceStatus>("A status");
        var screen = await fleet.Talk.Expect<ScreenState>("A state");
        if (screen.State != Screens.Idle) throw new RuleBrokenException($"An idle device says {screen.State}.");
    }

    private static async Task AnswersPing(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = await fleet.AskedOrder();
        await fleet.Talk.AnswerPing();
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        await fleet.Talk.AnswerPing();
    }

    private static async Task IgnoresOtherEpochs(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var old = fleet.Talk.Epoch - 1;
        var foreign = Payments.NewOrder();
        await fleet.Talk.Link.Send(new ShowCheckout(old, foreign));
        await fleet.Talk.Watch(frame => frame is Start ? "A checkout of another epoch was started." : null);

        var order = await fleet.AskedOrder();
        await fleet.Talk.Link.Send(new Granted(old, order.CheckoutId));
        await fleet.Talk.Link.Send(new Terminate(old, order.CheckoutId));
        await fleet.Talk.Link.Send(new Refused(old, order.CheckoutId, Refused.OfStart));
        await fleet.Talk.Watch(frame => frame is Terminated or Result
            ? "A frame of another epoch was obeyed."
            : Payments.TakesCard(frame, order));
        fleet.Talk.Forbid(null);
        await fleet.Talk.Grant(order);
        await fleet.AwaitPayment(order);
    }

    private static async Task TakesSecondWelcome(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Welcome();
        await fleet.Talk.Expect<ScreenState>("A state of the second epoch");
        await fleet.AskedOrder();
    }

    private static async Task TakesLargeFrames(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var order = Payments.NewOrder() with { Description = new string('é', 1_000) };
        var text = System.Text.Encoding.UTF8.GetString(Link.WriteFrame(new ShowCheckout(fleet.Talk.Epoch, order)));
        var padding = new string('x', Padding - text.Length);
        await fleet.Talk.Link.SendText(text[..^1] + ",\"surprise\":{\"list\":[1,null,\"" + padding + "\"]}}");
        await fleet.AwaitStart(order);
    }

    private static async Task ClosesWith4002(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Talk.Link.SendText("""{"type":"checkout","epoch":""");
        await EndsWithin(fleet, fleet.Talk.Link, CheckLimits.Answer, "a frame that is no JSON");
        if (fleet.Talk.Link.CloseCode != Link.ProtocolError)
            throw new RuleBrokenException($"It closed with {fleet.Talk.Link.CloseCode?.ToString() ?? "no code"}.");
        await fleet.AwaitHello();
    }

    private static async Task BacksOff(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        await fleet.Talk.Link.Cut();
        // of a device that other rules have cut off before it is not known how far its back-off is
        var (limit, waited) = (fleet.Device.IsProcess ? Redial.First : LongestWait, TimeSpan.Zero);
        for (var dials = 0; dials < Refusals; dials++, limit = limit * 2 < LongestWait ? limit * 2 : LongestWait)
        {
            var since = fleet.Clock.GetTimestamp();
            await using var dial = await fleet.AwaitDial();
            var wait = fleet.Clock.GetElapsedTime(since, dial.DialledAt);
            if (wait > limit + CheckLimits.Slack)
                throw new RuleBrokenException($"Dial {dials + 1} came after {wait.TotalSeconds:0.0} s.");
            waited += wait;
            await dial.Cut();
        }
        await fleet.AwaitHello();
        if (waited < ShortestWaits)
            throw new RuleBrokenException($"{Refusals} dials took {waited.TotalSeconds:0.00} s in all: no back-off.");
    }

    private static async Task DialsAfterGoingAway(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Talk.Link.Close(Link.GoingAway);
        var since = fleet.Clock.GetTimestamp();
        await fleet.AwaitHello();
        var wait = fleet.Clock.GetElapsedTime(since, fleet.Talk.Link.DialledAt);
        if (wait > Redial.AfterGoingAway + CheckLimits.Slack)
            throw new RuleBrokenException($"It dialled after {wait.TotalSeconds:0.0} s.");
    }

    private static async Task NoticesSilence(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        fleet.Talk.Link.SetPings(false);
        await EndsWithin(fleet, fleet.Talk.Link, CheckLimits.Silence, "35 s of silence");
        await fleet.AwaitHello();
    }

    private static async Task EndsWithin(PlayedFleet fleet, DeviceConnection link, TimeSpan limit, string after)
    {
        try
        {
            await link.Ended.WaitAsync(limit, fleet.Clock, fleet.Cancel);
        }
        catch (TimeoutException)
        {
            throw new RuleBrokenException($"The connection is open {limit.TotalSeconds:0} s after {after}.");
        }
    }

    /// <summary>Whether Fleet takes it for a serial number or a firmware.</summary>
    private static bool IsText(string text) => text.Length is > 0 and <= VirtualReaderOptions.MaxText
        && text.All(one => one is >= ' ' and <= '~')
        && text == text.Trim() && !text.Contains("  ", StringComparison.Ordinal);
}

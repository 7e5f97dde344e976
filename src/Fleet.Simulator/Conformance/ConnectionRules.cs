using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>The first frame, pings, epochs and large frames.</summary>
internal static class ConnectionRules
{
    /// <summary>A frame of the largest size that a device must take, without what is put around this text.</summary>
    private const int Padding = Link.MaxFrame - 3_000;

    /// <summary>More than 32 bits, and exact as a floating-point number too.</summary>
    private const long WideEpoch = 1L << 40;

    public static readonly IReadOnlyList<Rule> All =
    [
        new("1.1", "The connection offers the sub-protocol fleet.link.v1.", OffersProtocol),
        new("1.2", "The first frame is a hello that Fleet can take.", SaysHello),
        new("1.3", "After welcome the device sends its results, its status and its state, in this order.", TellsItself),
        new("1.4", "A ping is answered during a payment.", AnswersPing),
        new("1.5", "A frame of another epoch changes nothing.", IgnoresOtherEpochs),
        new("1.6", "A second welcome on the same connection replaces the epoch.", TakesSecondWelcome),
        new("1.7", "Unknown members and frames of nearly 16 KiB are taken.", TakesLargeFrames),
        new("1.8", "Epochs are kept also when they need more than 32 bits.", KeepsWideEpochs),
    ];

    private static async Task OffersProtocol(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        if (!fleet.Talk.Link.OffersLink)
            throw new RuleBrokenException($"The request does not offer {Link.SubProtocol}.");
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

    private static async Task KeepsWideEpochs(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        fleet.SkipEpochs(WideEpoch);
        await fleet.Welcome();
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

    /// <summary>Whether Fleet takes it for a serial number or a firmware.</summary>
    private static bool IsText(string text) => text.Length is > 0 and <= VirtualReaderOptions.MaxText
        && text.All(one => one is >= ' ' and <= '~')
        && text == text.Trim() && !text.Contains("  ", StringComparison.Ordinal);
}

using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>How far the checkout on the screen is.</summary>
internal enum Phase
{
    /// <summary>On the screen; the device has not asked for the start.</summary>
    Shown,

    /// <summary>The device has asked for the start and has no answer.</summary>
    Asking,

    /// <summary>
    /// The window is over and the screen is clear, but Fleet may have received the request for the start.
    /// </summary>
    GivenUp,

    /// <summary>Granted: the customer is busy with tip, card and PIN. Can still be ended without a charge.</summary>
    Paying,

    /// <summary>Authorisation has begun: only the real result ends this.</summary>
    Authorising,
}

/// <summary>
/// One checkout on the screen, and the progress of its plan. Times count from the start of the device.
/// </summary>
internal sealed class Payment(CheckoutDisplay checkout, CustomerPlan plan, TimeSpan now)
{
    /// <summary>The longest window that is accepted; it prevents overflows in computing with times.</summary>
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    private int _step;
    private PlanStep? _now;

    public CheckoutDisplay Checkout { get; private set; } = checkout;

    public Guid Id => Checkout.CheckoutId;

    public CustomerPlan Plan { get; private set; } = plan;

    /// <summary>What the customer sees, one of <see cref="Screens"/>; null before the first screen.</summary>
    public string? Screen => Phase is Phase.Paying ? _now?.Screen : null;

    /// <summary>What a test wants this customer to do, once it is known.</summary>
    public DeviceWish? Wish { get; set; }

    /// <summary>Minor units of tip, once they are chosen.</summary>
    public long? Tip { get; set; }

    public Phase Phase { get; set; } = Phase.Shown;

    /// <summary>
    /// When the next action of the phase is due: to ask, to ask again, the next step, the issuer's answer.
    /// </summary>
    public TimeSpan MoveAt { get; set; } = plan.StartAfter is { } wait ? now + wait : TimeSpan.MaxValue;

    /// <summary>Whether Fleet may have received a request for the start.</summary>
    public bool Asked { get; set; }

    /// <summary>When the window closes, by the device's own stopwatch; never once the start is granted.</summary>
    public TimeSpan WindowEnds { get; private set; } = EndOf(checkout, now);

    public bool IsOnScreen => Phase is not Phase.GivenUp;

    /// <summary>When the next action without a frame is due.</summary>
    public TimeSpan Due => Phase is Phase.Shown or Phase.Asking && WindowEnds < MoveAt ? WindowEnds : MoveAt;

    /// <summary>Takes Fleet's newest version of the same checkout.</summary>
    public void RenewOrder(CheckoutDisplay now, TimeSpan at) => (Checkout, WindowEnds) = (now, EndOf(now, at));

    /// <summary>The customer begins to pay.</summary>
    public void BeginPaying(TimeSpan now) => (Phase, MoveAt, _step, _now, Tip) = (Phase.Paying, now, 0, null, null);

    /// <summary>The customer does something else than was planned, from now on.</summary>
    public void FollowPlan(CustomerPlan other, TimeSpan now) => (Plan, MoveAt, _step) = (other, now, 0);

    /// <summary>The customer's next step; null after the last.</summary>
    public PlanStep? NextStep()
    {
        if (_now?.Screen is Screens.SelectingTip) Tip ??= Plan.End.Tip;
        return _now = _step < Plan.Steps.Count ? Plan.Steps[_step++] : null;
    }

    private static TimeSpan EndOf(CheckoutDisplay checkout, TimeSpan now) => checkout.Started
        ? TimeSpan.MaxValue
        : now + TimeSpan.FromMilliseconds(Math.Clamp(checkout.RemainingMs, 0, (long)LongestWindow.TotalMilliseconds));
}

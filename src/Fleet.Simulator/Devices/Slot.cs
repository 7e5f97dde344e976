using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// The one checkout that a device can have, and everything that can happen to it. It never waits: the device calls it
/// inside its turn, with the time, so that either terminate or authorisation wins, never both.
/// </summary>
internal sealed class Slot(Wire wire, Reports reports, Customers customers)
{
    /// <summary>A request for the start that is not answered is repeated after this time.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private Payment? _payment;

    /// <summary>A checkout that came while the one before it was being authorised, and when it came.</summary>
    private (CheckoutDisplay Order, TimeSpan At)? _next;

    /// <summary>The payment on the screen.</summary>
    public Payment? Payment => _payment is { IsOnScreen: true } payment ? payment : null;

    /// <summary>The checkout on the screen.</summary>
    public CheckoutDisplay? Checkout => Payment?.Checkout;

    /// <summary>How the last one ended, in words.</summary>
    public string? LastOutcome { get; private set; }

    /// <summary>
    /// The last result; null before the first. One that Fleet has not acknowledged outlives the power.
    /// </summary>
    public JournaledResult? LastResult { get; private set; } = reports.Last;

    /// <summary>Whether the firmware is being updated: meanwhile no start is asked for.</summary>
    public bool IsUpdating { get; private set; }

    public bool IsAuthorising => _payment?.Phase is Phase.Authorising;

    /// <summary>When the next action without a frame is due.</summary>
    public TimeSpan Due => _payment?.Due ?? TimeSpan.MaxValue;

    /// <summary>Makes the screen show what Fleet says, whatever was there before.</summary>
    public void MatchOrder(CheckoutDisplay? checkout, TimeSpan now)
    {
        _next = null;
        if (checkout is null) WithdrawPayment("withdrawn");
        else if (_payment is not { } payment || payment.Id != checkout.CheckoutId) TakeOrder(checkout, now);
        else if (checkout.Terminate) TerminateCheckout(payment.Id, now);
        else ResumePayment(payment, checkout, now);
    }

    /// <summary>A new checkout, or the present one once more.</summary>
    public void ShowCheckout(CheckoutDisplay checkout, TimeSpan now)
    {
        if (reports.RepeatResult(checkout.CheckoutId, now)) return;
        if (_payment is not { } payment || payment.Id != checkout.CheckoutId) TakeOrder(checkout, now);
        // the frame was sent before the grant
        else if (payment.Phase is not Phase.Paying) ResumePayment(payment, checkout, now);
    }

    /// <summary>The grant is committed.</summary>
    public void GrantStart(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId) reports.AnswerOrLost(checkoutId, now);
        else if (payment.Phase is Phase.Asking)
        {
            payment.BeginPaying(now);
            customers.MeetPayment(payment, now);
        }
        else if (payment.Phase is Phase.GivenUp) LosePayment(checkoutId, now);
    }

    /// <summary>Ends a checkout whose start was refused: no card is taken.</summary>
    public void RefuseStart(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId) return;
        // It was granted once and refused later: in both cases Fleet must be told that no card was taken.
        if (payment.Phase is Phase.Paying) LosePayment(checkoutId, now);
        else WithdrawPayment(payment.IsOnScreen ? "refused" : "expired");
    }

    /// <summary>Terminates this checkout, or reports that it is too late. This is decided here, once.</summary>
    public void TerminateCheckout(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId)
        {
            // the frame and the result crossed on the way; the frame is not about any other checkout
            reports.RepeatResult(checkoutId, now);
            return;
        }
        if (payment.Phase is Phase.Authorising) wire.SendFrame(epoch => new TooLate(epoch, checkoutId));
        else if (payment.Phase is not Phase.Shown)
            EndPayment(payment, new(checkoutId, JournaledResult.Terminated), now);
        else
        {
            LastResult = new(checkoutId, JournaledResult.Terminated);
            ClearPayment(JournaledResult.Terminated);
            wire.SendFrame(epoch => new Terminated(epoch, checkoutId));
        }
    }

    /// <summary>Ends everything that has not reached authorisation, because the pairing ends.</summary>
    public void EndBeforeUnpair(TimeSpan now)
    {
        _next = null;
        if (_payment is { Phase: not Phase.Authorising } payment) TerminateCheckout(payment.Id, now);
    }

    /// <summary>Begins or ends an update of the firmware. Only for a device without a payment.</summary>
    public void SetUpdating(bool updating, TimeSpan now)
    {
        IsUpdating = updating;
        if (_payment is { Phase: Phase.Shown } payment) payment.MoveAt = now;
        wire.ChangeScreen(RestingScreen);
    }

    /// <summary>Does everything that is due.</summary>
    public void AdvanceTime(TimeSpan now)
    {
        while (_payment is { } payment && payment.Due <= now) MovePayment(payment, now);
    }

    private string RestingScreen => IsUpdating ? Screens.UpdatingFirmware : Screens.Idle;

    private void MovePayment(Payment payment, TimeSpan now)
    {
        switch (payment.Phase)
        {
            case Phase.Shown or Phase.Asking when payment.WindowEnds <= now: CloseWindow(payment); break;
            case Phase.Shown or Phase.Asking or Phase.GivenUp: AskStart(payment, now); break;
            case Phase.Paying: TakePayment(payment, now); break;
            case Phase.Authorising: ConcludePayment(payment, now); break;
        }
    }

    private void CloseWindow(Payment payment)
    {
        if (!payment.Asked) ClearPayment("expired");
        else
        {
            // Fleet may have granted the start in the last moment: the request stays open, but the screen is cleared.
            payment.Phase = Phase.GivenUp;
            LastOutcome = "expired";
        }
    }

    private void AskStart(Payment payment, TimeSpan now)
    {
        if (payment.Phase is Phase.Shown) payment.Phase = Phase.Asking;
        payment.MoveAt = now + AskAgainAfter;
        payment.Asked |= wire.SendFrame(epoch => new Start(epoch, payment.Id));
    }

    private void TakePayment(Payment payment, TimeSpan now)
    {
        if (payment.NextStep() is { } step)
        {
            wire.ChangeScreen(step.Screen);
            payment.MoveAt = now + step.Lasts;
        }
        else if (payment.Plan.Authorisation is { } lasts)
        {
            payment.Phase = Phase.Authorising;
            payment.MoveAt = now + lasts;
        }
        else ConcludePayment(payment, now);
    }

    private void ConcludePayment(Payment payment, TimeSpan now)
    {
        var end = payment.Plan.End;
        var charged = end.Outcome == Outcomes.Approved ? payment.Checkout.Amount : 0;
        var tip = end.Outcome == Outcomes.Approved ? payment.Tip ?? end.Tip : 0;
        EndPayment(payment, new(payment.Id, end.Outcome, end.Reason, charged, tip, end.Card), now, end.IsUnsent);
        if (_next is not { } next) return;
        _next = null;
        TakeOrder(next.Order with { RemainingMs = next.Order.RemainingMs - (long)(now - next.At).TotalMilliseconds },
            now);
    }

    private void EndPayment(Payment payment, JournaledResult result, TimeSpan now, bool unsent = false)
    {
        LastResult = result;
        reports.AddResult(result, payment.Checkout, now, unsent);
        ClearPayment(Display.DescribeResult(result, payment.Checkout));
    }

    /// <summary>Takes a checkout that is not the one on the screen.</summary>
    private void TakeOrder(CheckoutDisplay checkout, TimeSpan now)
    {
        if (IsAuthorising) _next = (checkout, now);
        else
        {
            ClearPayment("replaced");
            if (reports.AnswerKnown(checkout.CheckoutId, now)) return;
            if (checkout is { Terminate: true, Started: false }
                && wire.SendFrame(epoch => new Terminated(epoch, checkout.CheckoutId))) return;
            if (checkout.Started) LosePayment(checkout.CheckoutId, now);
            else if (checkout.RemainingMs > 0) ShowPayment(new(checkout, customers.PlanPayment(checkout), now));
        }
    }

    private void ShowPayment(Payment payment)
    {
        _payment = payment;
        if (IsUpdating) payment.MoveAt = TimeSpan.MaxValue;
    }

    private void ResumePayment(Payment payment, CheckoutDisplay checkout, TimeSpan now)
    {
        if (payment.Phase is Phase.Authorising) return;
        if (payment.Phase is Phase.Paying && checkout.Started) return;
        if (payment.Phase is Phase.GivenUp && checkout.Started)
        {
            LosePayment(payment.Id, now);
            return;
        }
        payment.RenewOrder(checkout, now);
        if (payment.Phase is Phase.Shown && !checkout.Started) return;
        // The start was asked for and not answered; or Fleet does not know the grant any more, so it is not valid.
        payment.Phase = Phase.Asking;
        wire.ChangeScreen(Screens.Idle);
        AskStart(payment, now);
    }

    private void LosePayment(Guid checkoutId, TimeSpan now)
    {
        reports.AnswerOrLost(checkoutId, now);
        LastResult = reports.FindResult(checkoutId);
        ClearPayment("lost");
    }

    /// <summary>
    /// Fleet does not expect a payment any more. A payment that is being authorised is kept all the same.
    /// </summary>
    private void WithdrawPayment(string outcome)
    {
        if (!IsAuthorising) ClearPayment(outcome);
    }

    /// <summary>Clears the screen.</summary>
    private void ClearPayment(string outcome)
    {
        if (_payment is not null) LastOutcome = outcome;
        _payment = null;
        wire.ChangeScreen(RestingScreen);
    }
}

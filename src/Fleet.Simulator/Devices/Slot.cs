using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// The place for one checkout that a device has, and everything that can happen to it. It never waits: the device
/// calls it inside its turn, with the time, and so terminate and authorisation can never both win.
/// </summary>
internal sealed class Slot(Wire wire, Reports reports, Func<CheckoutOrder, CustomerPlan> plan)
{
    /// <summary>An unanswered start is asked again after this time.</summary>
    public static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    private Payment? _payment;

    /// <summary>A checkout that came while the one before it was being authorised, and when it came.</summary>
    private (CheckoutOrder Order, TimeSpan At)? _next;

    /// <summary>The checkout on the screen.</summary>
    public CheckoutOrder? Order => _payment is { IsOnScreen: true } payment ? payment.Order : null;

    /// <summary>How the last one ended, in words.</summary>
    public string? LastOutcome { get; private set; }

    public bool IsAuthorising => _payment?.Phase is Phase.Authorising;

    /// <summary>When something is to happen by itself.</summary>
    public TimeSpan Due => _payment?.Due ?? TimeSpan.MaxValue;

    /// <summary>The level: what should be on the screen now, whatever was before.</summary>
    public void Level(CheckoutOrder? order, TimeSpan now)
    {
        _next = null;
        if (order is null) Withdraw("withdrawn");
        else if (_payment is not { } payment || payment.Id != order.CheckoutId) Take(order, now);
        else if (order.Terminate) Terminate(payment.Id, now);
        else Resume(payment, order, now);
    }

    /// <summary>A new checkout, or the present one once more.</summary>
    public void Show(CheckoutOrder order, TimeSpan now)
    {
        if (reports.Repeat(order.CheckoutId, now)) return;
        if (_payment is not { } payment || payment.Id != order.CheckoutId) Take(order, now);
        else if (payment.Phase is not Phase.Paying) Resume(payment, order, now); // the frame is older than the grant
    }

    /// <summary>The grant is committed.</summary>
    public void Grant(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId) reports.AnswerOrLost(checkoutId, now);
        else if (payment.Phase is Phase.Asking) payment.Begin(now);
        else if (payment.Phase is Phase.GivenUp) Lose(checkoutId, now);
    }

    /// <summary>No card for this checkout.</summary>
    public void Refuse(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId) return;
        // Granted once and refused later: whichever Fleet means in the end, it must hear that no card was taken.
        if (payment.Phase is Phase.Paying) Lose(checkoutId, now);
        else Withdraw(payment.IsOnScreen ? "refused" : "expired");
    }

    /// <summary>A till wants this checkout to end. Who wins is decided here, once.</summary>
    public void Terminate(Guid checkoutId, TimeSpan now)
    {
        if (_payment is not { } payment || payment.Id != checkoutId)
        {
            reports.Repeat(checkoutId, now); // the two crossed on the way; any other checkout is not meant
            return;
        }
        if (payment.Phase is Phase.Authorising) wire.Tell(epoch => new TooLate(epoch, checkoutId));
        else if (payment.Phase is not Phase.Shown) End(payment, new(checkoutId, JournaledResult.Terminated), now);
        else
        {
            Abandon(JournaledResult.Terminated);
            wire.Tell(epoch => new Terminated(epoch, checkoutId));
        }
    }

    /// <summary>The pairing ends: so does everything that has not reached the point of no return.</summary>
    public void Settle(TimeSpan now)
    {
        _next = null;
        if (_payment is { Phase: not Phase.Authorising } payment) Terminate(payment.Id, now);
    }

    /// <summary>Does everything that is due.</summary>
    public void Advance(TimeSpan now)
    {
        while (_payment is { } payment && payment.Due <= now) Move(payment, now);
    }

    private void Move(Payment payment, TimeSpan now)
    {
        switch (payment.Phase)
        {
            case Phase.Shown or Phase.Asking when payment.WindowEnds <= now: CloseWindow(payment); break;
            case Phase.Shown or Phase.Asking or Phase.GivenUp: Ask(payment, now); break;
            case Phase.Paying: Pay(payment, now); break;
            case Phase.Authorising: Conclude(payment, now); break;
        }
    }

    private void CloseWindow(Payment payment)
    {
        if (!payment.Asked) Abandon("expired");
        else
        {
            // Fleet may have granted in the last moment: the question stays open, the screen does not.
            payment.Phase = Phase.GivenUp;
            LastOutcome = "expired";
        }
    }

    private void Ask(Payment payment, TimeSpan now)
    {
        if (payment.Phase is Phase.Shown) payment.Phase = Phase.Asking;
        payment.MoveAt = now + AskAgainAfter;
        payment.Asked |= wire.Tell(epoch => new Start(epoch, payment.Id));
    }

    private void Pay(Payment payment, TimeSpan now)
    {
        if (payment.NextStep() is { } step)
        {
            wire.Show(step.Screen);
            payment.MoveAt = now + step.Lasts;
        }
        else if (payment.Plan.Authorisation is { } lasts)
        {
            payment.Phase = Phase.Authorising;
            payment.MoveAt = now + lasts;
        }
        else Conclude(payment, now);
    }

    private void Conclude(Payment payment, TimeSpan now)
    {
        var end = payment.Plan.End;
        var charged = end.Outcome == Outcomes.Approved ? payment.Order.Amount : 0;
        End(payment, new(payment.Id, end.Outcome, end.Reason, charged, end.Tip, end.Card), now);
        if (_next is not { } next) return;
        _next = null;
        Take(next.Order with { RemainingMs = next.Order.RemainingMs - (long)(now - next.At).TotalMilliseconds }, now);
    }

    private void End(Payment payment, JournaledResult result, TimeSpan now)
    {
        reports.Add(result, payment.Order, now);
        Abandon(Words.Of(result, payment.Order));
    }

    /// <summary>A checkout that is not the one on the screen.</summary>
    private void Take(CheckoutOrder order, TimeSpan now)
    {
        if (IsAuthorising) _next = (order, now);
        else
        {
            Abandon("replaced");
            if (reports.Answer(order.CheckoutId, now)) return;
            if (order.Started) Lose(order.CheckoutId, now);
            else if (order.RemainingMs > 0) _payment = new(order, plan(order), now);
        }
    }

    private void Resume(Payment payment, CheckoutOrder order, TimeSpan now)
    {
        if (payment.Phase is Phase.Authorising) return;
        if (payment.Phase is Phase.Paying && order.Started) return;
        if (payment.Phase is Phase.GivenUp && order.Started)
        {
            Lose(payment.Id, now);
            return;
        }
        payment.Renew(order, now);
        if (payment.Phase is Phase.Shown && !order.Started) return;
        // Asked and not answered; or a grant that Fleet no longer knows of, which is none.
        payment.Phase = Phase.Asking;
        wire.Show(Screens.Idle);
        Ask(payment, now);
    }

    private void Lose(Guid checkoutId, TimeSpan now)
    {
        reports.AnswerOrLost(checkoutId, now);
        Abandon("lost");
    }

    /// <summary>Fleet wants no payment any more. One that is being authorised is not forgotten all the same.</summary>
    private void Withdraw(string outcome)
    {
        if (!IsAuthorising) Abandon(outcome);
    }

    /// <summary>Clears the screen.</summary>
    private void Abandon(string outcome)
    {
        if (_payment is not null) LastOutcome = outcome;
        _payment = null;
        wire.Show(Screens.Idle);
    }
}

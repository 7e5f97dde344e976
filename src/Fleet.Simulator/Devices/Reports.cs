using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// The results of the journal that Fleet has not acknowledged: they are sent, and repeated until it has.
/// </summary>
internal sealed class Reports(Journal journal, Wire wire, LinkFaults faults, TimeProvider clock)
{
    /// <summary>An unacknowledged result is repeated after this time even on a healthy connection.</summary>
    public static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Results that are sent at once; the journal has more than one only after a long outage of Fleet.
    /// </summary>
    private const int AtOnce = 64;

    private TimeSpan _repeatAt = TimeSpan.MaxValue;

    /// <summary>Whether Fleet must still acknowledge something.</summary>
    public bool Any => journal.Results.Count > 0;

    /// <summary>When they are to be repeated.</summary>
    public TimeSpan Due => Any && wire.Open ? _repeatAt : TimeSpan.MaxValue;

    /// <summary>
    /// Writes the result of a payment to the journal, then sends it, so that a crash cannot lose a result that was
    /// sent.
    /// </summary>
    /// <param name="result">The result.</param>
    /// <param name="checkout">What was to be paid.</param>
    /// <param name="now">The time.</param>
    /// <param name="unsent">Whether it is lost on its way once.</param>
    public void AddResult(JournaledResult result, CheckoutDisplay checkout, TimeSpan now, bool unsent)
    {
        var charge = result.Outcome == Outcomes.Approved
            ? new Charge(result.CheckoutId, result.Amount, result.Tip, checkout.Currency, clock.GetUtcNow())
            : null;
        journal.KeepResult(result, charge);
        _repeatAt = now + RepeatAfter;
        if (charge is not null && faults.DieAfterCharge())
        {
            wire.DetachLink();
            return;
        }
        for (var times = faults.SendTimes(unsent); times > 0; times--) SendResult(result, now);
    }

    /// <summary>Sends everything that Fleet has not acknowledged.</summary>
    public void TellAll(TimeSpan now)
    {
        foreach (var result in journal.Results.Take(AtOnce)) SendResult(result, now);
    }

    /// <summary>The result of one checkout that Fleet has not acknowledged; null when there is none.</summary>
    public JournaledResult? FindResult(Guid checkoutId) => journal.FindResult(checkoutId);

    /// <summary>The newest result that Fleet has not acknowledged; null when there is none.</summary>
    public JournaledResult? Last => journal.Results is [.., var last] ? last : null;

    /// <summary>How many results Fleet has not acknowledged.</summary>
    public int Count => journal.Results.Count;

    /// <summary>
    /// Repeats the result of one checkout; false when there is none that waits for an acknowledgement.
    /// </summary>
    public bool RepeatResult(Guid checkoutId, TimeSpan now)
    {
        if (journal.FindResult(checkoutId) is not { } result) return false;
        SendResult(result, now);
        return true;
    }

    /// <summary>
    /// Answers when Fleet takes a checkout for open that the device has finished: with the result that Fleet once
    /// refused, or with the charge. A waiting result was already sent after the welcome. False when there is neither.
    /// </summary>
    public bool AnswerKnown(Guid checkoutId, TimeSpan now)
    {
        if (journal.FindResult(checkoutId) is not null) return true;
        var known = journal.Refused.FirstOrDefault(one => one.CheckoutId == checkoutId) ?? FindCharged(checkoutId);
        if (known is null) return false;
        journal.KeepResult(known);
        SendResult(known, now);
        return true;
    }

    /// <summary>
    /// Answers a grant that the device does not remember. A charge would be in the journal, so there was none.
    /// </summary>
    public void AnswerOrLost(Guid checkoutId, TimeSpan now)
    {
        if (RepeatResult(checkoutId, now) || AnswerKnown(checkoutId, now)) return;
        var lost = new JournaledResult(checkoutId, Outcomes.Failed, Reasons.ReaderLost);
        journal.KeepResult(lost);
        SendResult(lost, now);
    }

    private JournaledResult? FindCharged(Guid checkoutId) =>
        journal.Charges.FirstOrDefault(one => one.CheckoutId == checkoutId) is { } charge
            ? new(checkoutId, Outcomes.Approved, Amount: charge.Amount, Tip: charge.Tip)
            : null;

    private void SendResult(JournaledResult result, TimeSpan now)
    {
        wire.SendFrame(result.ToFrame);
        _repeatAt = now + RepeatAfter;
    }
}

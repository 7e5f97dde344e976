using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// The hand of a test on a device: does what an <see cref="Act"/> wishes, and answers it in time with what is on the
/// device then. It is called inside the device's turn.
/// </summary>
internal sealed class Hand(Wire wire, Slot slot, Customers customers, TestSetup setup, Reports reports, Journal journal)
{
    /// <summary>Answers that may wait at the same time.</summary>
    public const int MaxWaiting = 16;

    /// <summary>The longest wait, in milliseconds.</summary>
    public const int MaxWaitMs = 60_000;

    private readonly List<(Act Act, TimeSpan Until, long Seen)> _waiting = [];

    private readonly Scenes _scenes = new(slot, setup, reports, journal);

    /// <summary>When the next answer, or the next card that waits, is due.</summary>
    public TimeSpan Due
    {
        get
        {
            var due = slot.Payment is null ? customers.KeptUntil : TimeSpan.MaxValue;
            foreach (var one in _waiting) due = one.Until < due ? one.Until : due;
            return due;
        }
    }

    /// <summary>Does what a test wishes, and answers at once or later.</summary>
    public void Obey(Act act, TimeSpan now)
    {
        var wish = act.Wish;
        var why = wish.WaitMs is < 0 or > MaxWaitMs
            ? $"wait_ms must be from 0 to {MaxWaitMs}."
            : _waiting.Count >= MaxWaiting ? "Too many wishes wait for their answer." : DoWish(act, now);
        if (why is not null || wish.EndsConnection) Answer(act, why);
        else _waiting.Add((act, now + TimeSpan.FromMilliseconds(wish.WaitMs ?? 0), wish.Since ?? _scenes.Now.Version));
    }

    /// <summary>The turn of the device ends: notes what has changed, and gives the answers that are due.</summary>
    public void AdvanceTime(TimeSpan now)
    {
        customers.AdvanceTime(slot.Payment, now);
        _scenes.Note();
        if (customers.Failed is { } failed)
        {
            var index = _waiting.FindIndex(one => one.Act.ActId == failed.ActId);
            if (index >= 0) Answer(_waiting[index].Act, failed.Why);
            if (index >= 0) _waiting.RemoveAt(index);
            customers.Failed = null;
        }
        if (_waiting.Count == 0) return;
        foreach (var due in _waiting.Where(one => one.Until <= now || IsOver(one)).ToArray())
        {
            _waiting.Remove(due);
            Answer(due.Act, null);
        }
    }

    /// <summary>The connection is gone: no caller waits any more.</summary>
    public void Forget() => _waiting.Clear();

    private bool IsOver((Act Act, TimeSpan Until, long Seen) one) => one.Act.Wish.Do is Wishes.Show
        ? _scenes.Now.Version != one.Seen // a lower one belongs to an earlier life of the device
        : slot.Payment is null && !reports.Any && !customers.Waiting;

    private void Answer(Act act, string? refused)
    {
        _scenes.Note();
        wire.SendFrame(epoch => new Acted(epoch, act.ActId, _scenes.Now, refused));
    }

    private string? DoWish(Act act, TimeSpan now)
    {
        var (wish, payment) = (act.Wish, slot.Payment);
        return wish.Do switch
        {
            Wishes.Show => null,
            Wishes.Present => SetupWishes.CheckCard(wish) ?? customers.PresentCard(act, payment, now),
            Wishes.RemoveCard => Keypad.RemoveCard(payment, now),
            Wishes.Press => customers.PressKey(wish.Key, payment, now),
            Wishes.ChooseTip => wish.TipRate is { } rate
                ? Keypad.ChooseTip(rate, payment, now)
                : "tip_rate is missing.",
            Wishes.Power => setup.SwitchOff(wish),
            Wishes.Link => setup.ChangeLink(wish),
            Wishes.Set => ChangeDevice(wish, now),
            Wishes.Script => setup.SetScript(wish),
            Wishes.Scenario => setup.SetScenario(wish),
            Wishes.Reset => Reset(payment, now),
            _ => "There is no such wish.",
        };
    }

    private string? ChangeDevice(DeviceWish wish, TimeSpan now)
    {
        if (wish.Battery is not (null or (>= 0 and <= 100))) return "battery must be from 0 to 100.";
        if (wish.Connection is { } network && !Connections.All.Contains(network))
            return $"connection must be one of {string.Join(", ", Connections.All)}.";
        if (wish.Firmware is { } version && !IsText(version)) return "firmware must have 1 to 64 letters and digits.";
        if (wish.Updating is true && slot.Payment is not null) return "A payment is in hand.";
        if (wish.Battery is not null || wish.Connection is not null)
        {
            setup.Vitals = setup.Vitals.Change(wish.Battery, wish.Connection);
            wire.TellVitals(setup.Vitals);
        }
        if (wish.Updating is { } updating) slot.SetUpdating(updating, now);
        setup.Firmware = wish.Firmware ?? setup.Firmware;
        return null;
    }

    /// <summary>What Fleet takes as a version: one that it does not take would close every connection.</summary>
    private static bool IsText(string text) =>
        text.Length is > 0 and <= VirtualReaderOptions.MaxText && text.All(one => one is > ' ' and <= '~');

    private string? Reset(Payment? payment, TimeSpan now)
    {
        setup.Reset();
        customers.Reset(payment, now);
        return null;
    }
}

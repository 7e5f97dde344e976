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

    /// <summary>The longest wait, and the longest time without power, connection or answer, in milliseconds.</summary>
    public const int MaxWaitMs = 60_000, MaxOffMs = 600_000, MaxLagMs = 60_000;

    /// <summary>The most results that can be swallowed or repeated.</summary>
    private const int MaxResults = 100;

    private readonly List<(Act Act, TimeSpan Until, long Seen)> _waiting = [];

    /// <summary>What is on the device now.</summary>
    public DeviceScene Scene { get; private set; } = new() { Version = 0, Screen = SceneScreens.Idle };

    /// <summary>When the next answer, or the next card that waits, is due.</summary>
    public TimeSpan Due => _waiting.Select(one => one.Until)
        .Append(slot.Payment is null ? customers.KeptUntil : TimeSpan.MaxValue).Min();

    /// <summary>Does what a test wishes, and answers at once or later.</summary>
    public void Obey(Act act, TimeSpan now)
    {
        var wish = act.Wish;
        var why = wish.WaitMs is < 0 or > MaxWaitMs
            ? $"wait_ms must be from 0 to {MaxWaitMs}."
            : _waiting.Count >= MaxWaiting ? "Too many wishes wait for their answer." : DoWish(act, now);
        if (why is not null || Answers(wish)) Answer(act, why);
        else _waiting.Add((act, now + TimeSpan.FromMilliseconds(wish.WaitMs ?? 0), wish.Since ?? Scene.Version));
    }

    /// <summary>The turn of the device ends: notes what has changed, and gives the answers that are due.</summary>
    public void AdvanceTime(TimeSpan now)
    {
        customers.AdvanceTime(slot.Payment, now);
        NoteScene();
        if (customers.Failed is { } failed)
        {
            var index = _waiting.FindIndex(one => one.Act.ActId == failed.ActId);
            if (index >= 0) Answer(_waiting[index].Act, failed.Why);
            if (index >= 0) _waiting.RemoveAt(index);
            customers.Failed = null;
        }
        foreach (var due in _waiting.Where(one => one.Until <= now || IsOver(one)).ToArray())
        {
            _waiting.Remove(due);
            Answer(due.Act, null);
        }
    }

    /// <summary>The connection is gone: nobody waits any more.</summary>
    public void Forget() => _waiting.Clear();

    /// <summary>Whether the answer goes first because the connection goes next.</summary>
    private static bool Answers(DeviceWish wish) =>
        wish.Do is Wishes.Power || wish is { Do: Wishes.Link, CutMs: > 0 };

    private bool IsOver((Act Act, TimeSpan Until, long Seen) one) => one.Act.Wish.Do is Wishes.Show
        ? Scene.Version != one.Seen // a lower one belongs to an earlier life of the device
        : slot.Payment is null && !reports.Any && !customers.Waiting;

    private void Answer(Act act, string? refused)
    {
        NoteScene();
        wire.SendFrame(epoch => new Acted(epoch, act.ActId, Scene, refused));
    }

    private string? DoWish(Act act, TimeSpan now)
    {
        var (wish, payment) = (act.Wish, slot.Payment);
        return wish.Do switch
        {
            Wishes.Show => null,
            Wishes.Present => CheckCard(wish) ?? customers.PresentCard(act, payment, now),
            Wishes.RemoveCard => Customers.RemoveCard(payment, now),
            Wishes.Press => customers.PressKey(wish.Key, payment, now),
            Wishes.ChooseTip => wish.TipRate is { } rate
                ? Customers.ChooseTip(rate, payment, now)
                : "tip_rate is missing.",
            Wishes.Power => SwitchOff(wish),
            Wishes.Link => ChangeLink(wish),
            Wishes.Set => ChangeDevice(wish, now),
            Wishes.Script => SetScript(wish),
            Wishes.Scenario => SetScenario(wish),
            Wishes.Reset => Reset(payment, now),
            _ => "There is no such wish.",
        };
    }

    private static string? CheckCard(DeviceWish wish)
    {
        if (wish.Card is { } card && TestCard.FindCard(card) is null) return "There is no such card.";
        if (wish.Method is { } method && !CardMethods.All.Contains(method)) return "There is no such method.";
        return wish.Pin is null or Cardholder.PinRight or Cardholder.PinWrong or Cardholder.PinNone
            ? null
            : "pin must be right, wrong or none.";
    }

    private string? SwitchOff(DeviceWish wish)
    {
        if (wish.OffMs is not >= 0 or > MaxOffMs) return $"off_ms must be from 0 to {MaxOffMs}.";
        setup.Faults.OffFor = TimeSpan.FromMilliseconds(wish.OffMs.Value);
        return null;
    }

    private string? ChangeLink(DeviceWish wish)
    {
        if (wish.CutMs is < 0 or > MaxOffMs) return $"cut_ms must be from 0 to {MaxOffMs}.";
        if (wish.OffMs is < 0 or > MaxOffMs) return $"off_ms must be from 0 to {MaxOffMs}.";
        if (wish.LagMs is < 0 or > MaxLagMs) return $"lag_ms must be from 0 to {MaxLagMs}.";
        if (wish.SwallowResults is < 0 or > MaxResults || wish.RepeatResults is < 0 or > MaxResults)
            return $"swallow_results and repeat_results must be from 0 to {MaxResults}.";
        var faults = setup.Faults;
        if (wish.LagMs is { } lag) faults.Lag = TimeSpan.FromMilliseconds(lag);
        faults.Swallow = wish.SwallowResults ?? faults.Swallow;
        faults.Repeat = wish.RepeatResults ?? faults.Repeat;
        if (wish.DieAfterCharge is { } die)
            faults.OffAfterCharge = die ? TimeSpan.FromMilliseconds(wish.OffMs ?? 0) : null;
        if (wish.CutMs is > 0 and { } cut) faults.CutFor = TimeSpan.FromMilliseconds(cut);
        return null;
    }

    private string? ChangeDevice(DeviceWish wish, TimeSpan now)
    {
        if (wish.Battery is < 0 or > 100 or double.NaN) return "battery must be from 0 to 100.";
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
        if (wish.Firmware is null || wish.Firmware == setup.Firmware) return null;
        setup.Firmware = wish.Firmware;
        if (slot.Payment is null) setup.Faults.CutFor = TimeSpan.Zero;
        return null;
    }

    /// <summary>What Fleet takes as a version: one that it does not take would close every connection.</summary>
    private static bool IsText(string text) =>
        text.Length is > 0 and <= VirtualReaderOptions.MaxText && text.All(one => one is > ' ' and <= '~');

    private string? SetScript(DeviceWish wish)
    {
        if (wish.Steps is not { Count: <= TestSetup.MaxScript } steps)
            return $"steps must have 0 to {TestSetup.MaxScript} wishes.";
        if (steps.Any(step => step.Do is not (Wishes.Present or Wishes.Press or Wishes.Show)))
            return "A step is present, press or show.";
        if (steps.Any(step => step is { Do: Wishes.Press, Key: not DeviceKeys.Cancel }))
            return "A step can press cancel only.";
        if (steps.Select(CheckCard).FirstOrDefault(why => why is not null) is { } wrong) return wrong;
        setup.SetScript(steps);
        return null;
    }

    private string? SetScenario(DeviceWish wish)
    {
        if (ScenarioNames.FindScenario(wish.Scenario ?? "") is not { } scenario)
            return $"scenario must be one of {string.Join(", ", ScenarioNames.All)}.";
        if (wish.Pace is { } pace && !(pace is >= 0 and <= Cardholder.MaxPace))
            return $"pace must be from 0 to {Cardholder.MaxPace}.";
        setup.SetScenario(scenario, wish.Seed, wish.Pace);
        return null;
    }

    private string? Reset(Payment? payment, TimeSpan now)
    {
        setup.Reset();
        customers.Reset(payment, now);
        return null;
    }

    private void NoteScene()
    {
        var now = TakeScene();
        if (now != Scene) Scene = now with { Version = Scene.Version + 1 };
    }

    private DeviceScene TakeScene() => new()
    {
        Version = Scene.Version,
        Screen = ScreenOf(slot.Payment),
        CheckoutId = slot.Payment?.Id,
        Amount = slot.Payment?.Checkout.Amount,
        Currency = slot.Payment?.Checkout.Currency,
        Tip = slot.Payment?.Tip,
        LastCheckoutId = slot.LastResult?.CheckoutId,
        LastOutcome = slot.LastResult?.Outcome,
        LastReason = slot.LastResult?.Reason,
        WaitingResults = reports.Count,
        Charges = journal.Charges.Count,
        Scripted = setup.Script.Count,
        Scenario = ScenarioNames.NameOf(setup.Scenario),
        Battery = setup.Vitals.BatteryLevel,
        Connection = setup.Vitals.Network,
        Firmware = setup.Firmware,
    };

    private string ScreenOf(Payment? payment) => payment switch
    {
        null => slot.IsUpdating ? SceneScreens.Updating : SceneScreens.Idle,
        { Phase: Phase.Authorising } => SceneScreens.Authorising,
        { Screen: Screens.SelectingTip } => SceneScreens.Tip,
        { Screen: Screens.WaitingForCard } => SceneScreens.Card,
        { Screen: Screens.WaitingForPin } => SceneScreens.Pin,
        { Screen: Screens.WaitingForSignature } => SceneScreens.Signature,
        _ => SceneScreens.Asking,
    };
}

using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>Wishes that change what a test has set. The answer of each is why not; null when it is done.</summary>
internal static class SetupWishes
{
    /// <summary>The longest time without power or connection, and the longest lag, in milliseconds.</summary>
    public const int MaxOffMs = 600_000, MaxLagMs = 60_000;

    /// <summary>The most results that can be swallowed or repeated.</summary>
    private const int MaxResults = 100;

    public static string? CheckCard(DeviceWish wish)
    {
        if (wish.Card is { } card && TestCard.FindCard(card) is null)
            return $"There is no such card; there are {TestCard.Names}.";
        if (wish.Method is { } method && !CardMethods.All.Contains(method)) return "There is no such method.";
        return wish.Pin is null or Cardholder.PinRight or Cardholder.PinWrong or Cardholder.PinNone
            ? null
            : "pin must be right, wrong or none.";
    }

    public static string? SwitchOff(this TestSetup setup, DeviceWish wish)
    {
        if (wish.OffMs is not >= 0 or > MaxOffMs) return $"off_ms must be from 0 to {MaxOffMs}.";
        setup.Faults.OffFor = TimeSpan.FromMilliseconds(wish.OffMs.Value);
        return null;
    }

    public static string? ChangeLink(this TestSetup setup, DeviceWish wish)
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

    public static string? SetScript(this TestSetup setup, DeviceWish wish)
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

    public static string? SetScenario(this TestSetup setup, DeviceWish wish)
    {
        if (ScenarioNames.FindScenario(wish.Scenario ?? "") is not { } scenario)
            return $"scenario must be one of {string.Join(", ", ScenarioNames.All)}.";
        if (wish.Pace is { } pace && !(pace is >= 0 and <= Cardholder.MaxPace))
            return $"pace must be from 0 to {Cardholder.MaxPace}.";
        setup.SetScenario(scenario, wish.Seed, wish.Pace);
        return null;
    }
}

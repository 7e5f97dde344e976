using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Settings, for a device that says in its hello that it takes them.</summary>
internal static class SettingsRules
{
    private static readonly MenuLockSettings Locked = new(Enabled: true, Passcode: "4821");

    public static readonly IReadOnlyList<Rule> All =
    [
        new("10.1", "configure is answered configured, and the status after it tells the new menu lock.", Applies),
        new("10.2", "What configure does not say stays as it is.", KeepsTheRest),
        new("10.3", "configure that locks the menu without a passcode is refused.", NeedsPasscode),
        new("10.4", "Killed after configured, it tells the same menu lock again.", KeepsOverPower),
    ];

    private static async Task Applies(PlayedFleet fleet)
    {
        await BeginWithSettings(fleet);
        await Configure(fleet, Locked);
        await AwaitLock(fleet, Locked, "The status after configured");
    }

    private static async Task KeepsTheRest(PlayedFleet fleet)
    {
        await BeginWithSettings(fleet);
        await Configure(fleet, Locked);
        await Configure(fleet, new(Enabled: false));
        await AwaitLock(fleet, Locked with { Enabled = false }, "The status after the menu was unlocked");
        await Configure(fleet, new(Enabled: true));
        await AwaitLock(fleet, Locked, "The status after the menu was locked again");
    }

    private static async Task NeedsPasscode(PlayedFleet fleet)
    {
        await BeginWithSettings(fleet);
        if ((await Ask(fleet, new(Enabled: true))).Refused is null)
            throw new RuleBrokenException("It says that it is locked, and has no passcode.");
    }

    private static async Task KeepsOverPower(PlayedFleet fleet)
    {
        await BeginWithSettings(fleet);
        await Configure(fleet, Locked);
        await fleet.RestartPaired();
        await fleet.Welcome();
        await AwaitLock(fleet, Locked, "The status after the restart");
    }

    /// <summary>A device that was just paired, and so has no passcode.</summary>
    private static async Task BeginWithSettings(PlayedFleet fleet)
    {
        var hello = await fleet.BeginUnpaired();
        if (hello.Settings is not true) throw new RuleSkippedException("it does not say settings in its hello");
        await fleet.Pair();
        await fleet.Welcome();
        await AwaitLock(fleet, new(Enabled: false), "The status after the welcome");
    }

    private static async Task Configure(PlayedFleet fleet, MenuLockSettings menuLock)
    {
        if ((await Ask(fleet, menuLock)).Refused is { } why)
            throw new RuleBrokenException($"It refused settings that are possible: {why}");
    }

    private static async Task<Configured> Ask(PlayedFleet fleet, MenuLockSettings menuLock)
    {
        var id = Guid.NewGuid();
        await fleet.Talk.Configure(id, menuLock);
        return await fleet.Talk.Expect<Configured>("configured", answer => answer.ConfigureId == id);
    }

    private static Task<DeviceStatus> AwaitLock(PlayedFleet fleet, MenuLockSettings menuLock, string what) =>
        fleet.Talk.Expect<DeviceStatus>(what, status => status.MenuLock == menuLock);
}

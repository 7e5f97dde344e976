using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>How a device becomes a reader, and stays one.</summary>
internal static class PairingRules
{
    private const string FirstCode = "9QXD7K2M";

    public static readonly IReadOnlyList<Rule> All =
    [
        new("3.1", "After paired it says hello with the credential, on the same connection.", Confirms),
        new("3.2", "The credential is on disk before the confirming hello.", SavesCredential),
        new("3.3", "The files of the journal can be read by their owner only.", HidesCredential),
        new("3.4", "Without a credential, shown_code is the code that it showed last.", SaysShownCode),
        new("3.5", "Each connection of a paired device begins with its credential.", KeepsCredential),
    ];

    private static async Task Confirms(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        await fleet.Pair();
        await fleet.Welcome();
        await fleet.Talk.Expect<ScreenState>("A state after the welcome");
    }

    private static async Task SavesCredential(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        await fleet.Pair();
        await fleet.RestartPaired();
    }

    private static async Task HidesCredential(PlayedFleet fleet)
    {
        if (fleet.Device.Folder is not { } folder)
            throw new RuleSkippedException("the files of this device are not at hand");
        await fleet.BeginPaired();
        if (OperatingSystem.IsWindows()) throw new RuleSkippedException("this system has no such modes");
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        if (files.Length == 0) throw new RuleSkippedException("the device keeps no file in {journal}");
        var open = files.FirstOrDefault(IsOpenToOthers);
        if (open is not null) throw new RuleBrokenException($"{Path.GetFileName(open)} can be read by others.");
    }

    private static bool IsOpenToOthers(string file) => !OperatingSystem.IsWindows()
        && (File.GetUnixFileMode(file) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0;

    private static async Task SaysShownCode(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        await fleet.ShowCode(FirstCode);
        await fleet.Talk.AnswerPing();
        await fleet.Talk.Link.Cut();
        var hello = await fleet.AwaitHello();
        if (hello.ShownCode != FirstCode)
            throw new RuleBrokenException($"shown_code is {hello.ShownCode ?? "missing"} and not {FirstCode}.");
    }

    private static async Task KeepsCredential(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Reconnect();
        await fleet.Welcome();
        await fleet.RestartPaired();
    }
}

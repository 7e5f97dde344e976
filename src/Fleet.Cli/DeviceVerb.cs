using System.CommandLine;
using System.Globalization;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verb that tells what is known of a device over all of its pairings.</summary>
internal static class DeviceVerb
{
    private static readonly string[] Heads = ["READER", "MERCHANT", "STORE", "FROM", "TO", "PAYMENTS", "NAME"];

    public static Command BuildCommand(CommandLine line)
    {
        var serial = OptionFactory.CreateArgument("serial", "Its serial number.");
        return line.BuildVerb("device", "What is known of a device: its pairings, connections and incidents.",
            async session =>
            {
                var device = await session.Node.Devices.GetAsync(
                    new() { Serial = session.GetValue(serial) }, session.Call);
                await session.PrintAnswer(device, () => PrintDevice(session, device));
            }, serial);
    }

    private static async Task PrintDevice(Session session, Proto.DeviceHistory device)
    {
        var say = session.Terminal;
        var battery = device.HasBattery
            ? string.Create(CultureInfo.InvariantCulture, $", battery {device.Battery:0} %")
            : "";
        var firmware = device.Firmware.Length > 0 ? $", firmware {device.Firmware}" : "";
        var seen = device.LastActivity is null ? "" : $", last active {device.LastActivity.ToText()}";
        await say.PrintLine(Terminal.ToPlainText($"{device.Serial}: {StateOf(device)}{firmware}{battery}{seen}"));
        await say.PrintTable(Heads, device.Pairings.Select(one => new[]
        {
            one.ReaderId, one.MerchantCode, one.Store, one.From.ToText(), one.To.ToText(),
            one.Payments.ToString(CultureInfo.InvariantCulture), one.Name,
        }));
        if (device.Connections.Count > 0)
            await say.PrintLine($"Connected {string.Join(", ", device.Connections.Select(
                one => $"{Display.CountOf(one.Count, "time")} on {one.Day}"))}.");
        if (device.Samples.Count > 0)
            await say.PrintLine($"The last 24 hours: {string.Join(", ", device.Samples
                .GroupBy(one => one.Presence).OrderBy(group => group.Key).Select(HoursOf))}.");
        foreach (var one in device.Incidents)
            await say.PrintLine(Terminal.ToPlainText(
                $"Incident {one.IncidentId}: {one.Kind}, {one.State}, last seen {one.LastSeenAt.ToText()}."));
    }

    /// <summary>A sample stands for its half hour.</summary>
    private static string HoursOf(IGrouping<Proto.Presence, Proto.DeviceSample> samples) =>
        string.Create(CultureInfo.InvariantCulture, $"{samples.Key.ToWord()} {samples.Count() / 2.0:0.#} h");

    private static string StateOf(Proto.DeviceHistory device) => device switch
    {
        { HasOnline: false } => "unknown",
        { Online: true } => "online",
        _ => "offline",
    };
}

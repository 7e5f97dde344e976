using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>The battery of the device, chosen once per device by the seed.</summary>
/// <param name="BatteryLevel">Percent.</param>
/// <param name="BatteryTemperature">Degrees Celsius.</param>
internal sealed record Vitals(double BatteryLevel, int BatteryTemperature)
{
    private const string Network = "Wi-Fi";

    public static Vitals FromOptions(VirtualReaderOptions options)
    {
        var dice = Dice.FromText(options.Seed, options.Serial);
        return new(dice.Next(35, 101), dice.Next(21, 34));
    }

    public DeviceStatus ToFrame(long epoch) => new(epoch, BatteryLevel, BatteryTemperature, Network);
}

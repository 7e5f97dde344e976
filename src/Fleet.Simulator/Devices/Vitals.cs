using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>The battery and the network of the device, chosen once per device by the seed.</summary>
/// <param name="BatteryLevel">Percent.</param>
/// <param name="BatteryTemperature">Degrees Celsius.</param>
/// <param name="Network">One of <see cref="Connections"/>.</param>
internal sealed record Vitals(double BatteryLevel, int BatteryTemperature, string Network)
{
    public static Vitals FromOptions(VirtualReaderOptions options)
    {
        var dice = Dice.FromText(options.Seed, options.Serial);
        return new(dice.Next(35, 101), dice.Next(21, 34), "Wi-Fi");
    }

    /// <summary>What a test has changed; what is null stays.</summary>
    public Vitals Change(double? battery, string? network) =>
        this with { BatteryLevel = battery ?? BatteryLevel, Network = network ?? Network };

    public DeviceStatus ToFrame(long epoch) => new(epoch, BatteryLevel, BatteryTemperature, Network);
}

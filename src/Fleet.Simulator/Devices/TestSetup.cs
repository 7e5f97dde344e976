using Fleet.Protocol;

namespace Fleet.Simulator.Devices;

/// <summary>
/// What a test has set on a virtual device. It outlives the power of the device; only the device's turns change it.
/// </summary>
internal sealed class TestSetup(VirtualReaderOptions options)
{
    /// <summary>Most wishes for the next checkouts.</summary>
    public const int MaxScript = 100;

    public Scenario Scenario { get; private set; } = options.Scenario;

    public int Seed { get; private set; } = options.Seed;

    public double Pace { get; private set; } = options.Pace;

    /// <summary>The battery and the network.</summary>
    public Vitals Vitals { get; set; } = Vitals.FromOptions(options);

    /// <summary>The version that the next hello names.</summary>
    public string Firmware { get; set; } = options.Firmware;

    /// <summary>What the customers of the next checkouts do, one wish for each.</summary>
    public Queue<DeviceWish> Script { get; private set; } = new();

    public LinkFaults Faults { get; } = new();

    /// <summary>Replaces the script.</summary>
    public void SetScript(IReadOnlyList<DeviceWish> steps) => Script = new(steps);

    /// <summary>From the next checkout on, customers behave so; what is null stays.</summary>
    public void SetScenario(Scenario scenario, int? seed, double? pace) =>
        (Scenario, Seed, Pace) = (scenario, seed ?? Seed, pace ?? Pace);

    /// <summary>Forgets the script and all faults; the scenario is again that of the start.</summary>
    public void Reset()
    {
        (Scenario, Seed, Pace) = (options.Scenario, options.Seed, options.Pace);
        Script.Clear();
        Faults.Clear();
    }
}

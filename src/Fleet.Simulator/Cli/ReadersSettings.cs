using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Simulator.Cli;

/// <summary>What the command line asked for, checked.</summary>
internal sealed record ReadersSettings
{
    public required int Count { get; init; }

    /// <summary>Number of the first device, for a second process beside the first.</summary>
    public required int First { get; init; }

    public required Uri Server { get; init; }

    /// <summary>The certificate of all devices, with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    public required string SerialPrefix { get; init; }
    public required string Model { get; init; }
    public required Scenario Scenario { get; init; }
    public required int Seed { get; init; }
    public required double Pace { get; init; }
    public string? JournalFolder { get; init; }
    public PairingSettings? Pairing { get; init; }

    /// <summary>The options of each device, in order.</summary>
    public IEnumerable<VirtualReaderOptions> ListReaders() => Enumerable.Range(First, Count).Select(OptionsOf);

    private VirtualReaderOptions OptionsOf(int number) => new()
    {
        Serial = SerialPrefix + number.ToString("D2", CultureInfo.InvariantCulture),
        Server = Server,
        Certificate = Certificate,
        Model = Model,
        Scenario = Scenario,
        Seed = Seed,
        Pace = Pace,
        JournalFolder = JournalFolder,
    };
}

/// <summary>Where and how to pair devices that show a code.</summary>
/// <param name="Api">Root of the Cloud API, for example <c>http://127.0.0.1:8080</c>.</param>
/// <param name="Merchant">Merchant code.</param>
/// <param name="Key">API key.</param>
/// <param name="Name">Name of the readers; with more than one, the serial numbers are added.</param>
internal sealed record PairingSettings(Uri Api, string Merchant, string Key, string Name);

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Simulator.Cli;

/// <summary>The options of the command line.</summary>
internal static class ReadersCommand
{
    /// <summary>With more devices in one process, the process itself becomes the bottleneck.</summary>
    private const int MaxCount = 20_000;

    /// <summary>Leaves room in a serial number for the digits.</summary>
    private const int MaxPrefix = VirtualReaderOptions.MaxText - 10;

    private const int MaxText = 500, MaxPath = 4_096;

    private static readonly Option<int> Count =
        OptionFactory.CreateNumber("--count", "How many readers.", 1, 1, MaxCount);

    private static readonly Option<int> First = OptionFactory.CreateNumber(
        "--first", "Number of the first reader, for a second process beside the first.", 1, 1, 1_000_000_000);

    private static readonly Option<Uri> Server = OptionFactory.CreateAddress(
        "--server", "Where the readers dial. Default ws://127.0.0.1:8080/link/v1.", "ws", "wss");

    private static readonly Option<X509Certificate2> Certificate = OptionFactory.CreateCertificate(
        "--certificate", "PEM file of the certificate that the readers show when TLS asks for one, with its key.");

    private static readonly Option<string> Prefix = OptionFactory.CreateText(
        "--serial-prefix", "What serial numbers start with.", "SIMULATED-", MaxPrefix);

    private static readonly Option<string> Model = OptionFactory.CreateText(
        "--model", "virtual-solo for sandbox merchants, solo for live ones.",
        VirtualReaderOptions.VirtualSolo, VirtualReaderOptions.MaxText, VirtualReaderOptions.VirtualSolo, "solo");

    private static readonly Option<Scenario> Scenario =
        OptionFactory.ScenarioName("--scenario", "How customers behave.");

    private static readonly Option<int> Seed = OptionFactory.CreateNumber(
        "--seed", "Start of the random numbers: the same seed plays the same customers.", 1, int.MinValue,
        int.MaxValue);

    private static readonly Option<double> Pace = OptionFactory.CreateFactor(
        "--pace", "Multiplies the time people take; 0 for no waiting.", 1, Cardholder.MaxPace);

    private static readonly Option<string> Journal = OptionFactory.CreateText(
        "--journal", "Folder of the journals; without it they are in memory.", null, MaxPath);

    private static readonly Option<Uri> Pair = OptionFactory.CreateAddress(
        "--pair", "Pairs devices that show a code through the API at this address.", "http", "https");

    private static readonly Option<string> Merchant = OptionFactory.CreateText(
        "--merchant", "Code of the merchant to pair with.", null, MaxText);

    private static readonly Option<string> Key =
        OptionFactory.CreateText("--key", "API key for --pair.", null, MaxText);

    private static readonly Option<string> Name = OptionFactory.CreateText(
        "--name", "Name of paired readers; serial numbers are added to more than one.", "Simulated", MaxText / 2);

    public static Command BuildCommand()
    {
        var readers = new Command("readers", "Runs virtual readers until Ctrl-C.")
        {
            Count, First, Server, Certificate, Prefix, Model, Scenario, Seed, Pace, Journal, Pair, Merchant, Key, Name,
        };
        readers.Validators.Add(CheckPairing);
        readers.SetAction((parsed, cancel) => new Crowd(ReadSettings(parsed), TimeProvider.System).RunToExit(cancel));
        return readers;
    }

    private static void CheckPairing(CommandResult result)
    {
        var wanted = result.GetResult(Pair) is not null;
        foreach (var option in new Option[] { Merchant, Key })
        {
            if (result.GetResult(option) is not null == wanted) continue;
            result.AddError(wanted ? $"--pair needs {option.Name}." : $"{option.Name} is of no use without --pair.");
        }
    }

    private static ReadersSettings ReadSettings(ParseResult parsed) => new()
    {
        Count = parsed.GetValue(Count),
        First = parsed.GetValue(First),
        Server = parsed.GetValue(Server) ?? new("ws://127.0.0.1:8080/link/v1"),
        Certificate = parsed.GetValue(Certificate),
        SerialPrefix = parsed.GetRequiredValue(Prefix),
        Model = parsed.GetRequiredValue(Model),
        Scenario = parsed.GetValue(Scenario),
        Seed = parsed.GetValue(Seed),
        Pace = parsed.GetValue(Pace),
        JournalFolder = parsed.GetValue(Journal),
        Pairing = parsed.GetValue(Pair) is { } api
            ? new(api, parsed.GetRequiredValue(Merchant), parsed.GetRequiredValue(Key), parsed.GetRequiredValue(Name))
            : null,
    };
}

using System.CommandLine;

namespace Fleet.Cli;

/// <summary>
/// <c>fleet serve</c>: the node itself, which the program starts without the command line. Here are its help and the
/// words that a shell offers.
/// </summary>
public static class ServeVerb
{
    /// <summary>The word that says that the program is to be a node, as it is without any verb.</summary>
    public const string Name = "serve";

    /// <summary>The options of a node that have a short form, with what they are for.</summary>
    public static readonly IReadOnlyDictionary<string, string> Options = new Dictionary<string, string>
    {
        ["--urls"] = "Where tills and devices connect. Default http://127.0.0.1:8080.",
        ["--grpc-url"] = "Where gRPC is answered. Default http://127.0.0.1:8081.",
        ["--operations-url"] = "Where operators read health and metrics. Default http://127.0.0.1:9090.",
        ["--data"] = "Folder of the SQLite databases and of virtual readers. Default ./data.",
        ["--storage"] = "sqlite for one node, postgres for several. Default sqlite.",
        ["--postgres"] = "Connection string of the PostgreSQL database.",
        ["--sandbox"] = "Whether the sandbox merchant exists, true or false. Default true.",
        ["--sandbox-readers"] = "Whether its virtual readers run on this node, true or false. Default true.",
        ["--silo-address"] = "Where the other nodes of a cluster reach this one. Default 127.0.0.1.",
        ["--silo-port"] = "The port for that. Default 11111.",
        ["--strict-sixty-seconds"] = "Whether a reader stays closed for 60 seconds, true or false. Default false.",
    };

    /// <summary>The beginnings of its other options: of the configuration, and of OpenTelemetry.</summary>
    public static readonly IReadOnlyList<string> Sections = ["Fleet:", "Logging:", "Kestrel:", "OTEL_"];

    private const string About = "Start a node. Other settings are given as --Fleet:Name=value: see docs/settings.md.";

    /// <summary>Whether an argument is an option of a node, with or without its value.</summary>
    public static bool IsOption(string argument) => argument.Split('=')[0] is ['-', '-', .. var name]
        && (Options.ContainsKey($"--{name}")
            || Sections.Any(one => name.StartsWith(one, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether arguments are those of a node, and not of the command line.</summary>
    internal static bool IsMeant(string[] args) => args is [var first, ..] && (first == Name || IsOption(first));

    /// <summary>Prints the options of a node. Those of the command line's verbs are none of them.</summary>
    internal static async Task PrintHelp(Terminal terminal)
    {
        var width = Options.Keys.Max(name => name.Length);
        foreach (var line in (string[])
            [
                "Description:", $"  {About}", "", "Usage:", $"  fleet {Name} [options]", "", "Options:",
                .. Options.Select(one => $"  {one.Key.PadRight(width)} <value>  {one.Value}"),
            ]) await terminal.PrintLine(line);
    }

    internal static Command BuildCommand(CommandLine line) => line.BuildVerb(Name,
        About, Refuse, [.. Options.Select(one => OptionFactory.CreateText(one.Key, "value", one.Value))]);

    /// <summary>A node is started before the command line; here the verb stands after something else.</summary>
    private static Task<int> Refuse(Session session) => throw Failure.WrongUsage($"{Name} must be the first word.");
}

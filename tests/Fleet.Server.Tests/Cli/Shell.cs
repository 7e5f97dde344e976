using System.CommandLine.Parsing;
using System.Text.Json;
using Fleet.Cli;
using Microsoft.Extensions.Configuration;

namespace Fleet.Server.Tests;

/// <summary>A person who types commands of <c>fleet</c>, with a key of the node.</summary>
internal sealed class Shell(Uri url, string? key = FleetApp.Key)
{
    public Shell(FleetApp fleet, string? key = FleetApp.Key) : this(fleet.GrpcAddress, key) { }

    /// <summary>More variables of the environment, without <c>FLEET_</c>.</summary>
    public Dictionary<string, string?> Variables { get; } = [];

    /// <summary>Runs a command, as it is typed behind <c>fleet</c>.</summary>
    /// <param name="line">Words; quotes hold some together.</param>
    /// <param name="input">What comes in at standard input.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public async Task<Ran> Run(string line, string input = "", CancellationToken? cancel = null)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal
        {
            In = new StringReader(input), Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(error),
            Environment = new ConfigurationBuilder()
                .AddInMemoryCollection([new("URL", $"{url}"), new("KEY", key), .. Variables]).Build(),
        };
        var code = await CommandLine.RunCommand([.. CommandLineParser.SplitCommandLine(line)], terminal,
            cancel ?? TestContext.Current.CancellationToken);
        return new(code, $"{output}", $"{error}");
    }

    /// <summary>Runs a command that must be done, and returns its answer.</summary>
    public async Task<string> Does(string line, string input = "")
    {
        var ran = await Run(line, input);
        Assert.True(ran.Code == 0, $"fleet {line}: {ran}");
        return ran.Out;
    }

    /// <summary>The same as JSON: one document, or one a line.</summary>
    public async Task<JsonElement[]> Tells(string line, string input = "") =>
        Documents(await Does($"{line} --json", input));

    /// <summary>The lines of a text, each a document.</summary>
    public static JsonElement[] Documents(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
}

/// <summary>How a command ended.</summary>
internal sealed record Ran(int Code, string Out, string Error);

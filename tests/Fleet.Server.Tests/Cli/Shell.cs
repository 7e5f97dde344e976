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

    /// <summary>Where the bytes of standard output go; null for a terminal.</summary>
    public Stream? Redirected { get; init; }

    /// <summary>Whether questions can be asked.</summary>
    private bool CanAsk { get; init; }

    /// <summary>The same, where a person answers questions.</summary>
    public Shell Person() => new(url, key) { CanAsk = true };

    /// <summary>Begins a command that goes on, whose output can be read meanwhile.</summary>
    public Following Follow(string line, CancellationToken cancel)
    {
        var output = new StringWriter();
        var (written, error) = (TextWriter.Synchronized(output), new StringWriter());
        return new(written, output, CommandLine.RunCommand([.. CommandLineParser.SplitCommandLine(line)],
            TerminalFor(new StringReader(""), written, error), cancel));
    }

    /// <summary>Runs a command, as it is typed behind <c>fleet</c>.</summary>
    /// <param name="line">Words; quotes hold some together.</param>
    /// <param name="input">What comes in at standard input.</param>
    /// <param name="cancel">Ctrl-C.</param>
    public async Task<Ran> Run(string line, string input = "", CancellationToken? cancel = null)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = TerminalFor(
            new StringReader(input), TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        var code = await CommandLine.RunCommand([.. CommandLineParser.SplitCommandLine(line)], terminal,
            cancel ?? TestContext.Current.CancellationToken);
        return new(code, $"{output}", $"{error}");
    }

    private Terminal TerminalFor(TextReader input, TextWriter output, TextWriter error) => new()
    {
        In = input, Out = output, Error = error, OutBytes = Redirected, CanAsk = CanAsk,
        Environment = new ConfigurationBuilder()
            .AddInMemoryCollection([new("URL", $"{url}"), new("KEY", key), .. Variables]).Build(),
    };

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

/// <summary>A command that goes on.</summary>
internal sealed record Following(TextWriter Written, StringWriter Output, Task<int> Ended)
{
    /// <summary>What it has written until now; its writer locks itself while it writes.</summary>
    public string Said
    {
        get
        {
            lock (Written) return $"{Output}";
        }
    }
}

/// <summary>How a command ended.</summary>
internal sealed record Ran(int Code, string Out, string Error);

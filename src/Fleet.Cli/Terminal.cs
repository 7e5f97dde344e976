using System.Text;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace Fleet.Cli;

/// <summary>Where the command line reads and writes: the process's own streams, or what a test gives it.</summary>
internal sealed class Terminal
{
    /// <summary>Prefix of the environment variables: <c>FLEET_URL</c> is <c>URL</c> here.</summary>
    private const string Prefix = "FLEET_";

    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Standard output for what is not text; null when it is a terminal, which cannot show that.</summary>
    public Stream? OutBytes { get; init; }

    /// <summary>The variables that begin with <c>FLEET_</c>, without that.</summary>
    public required IConfiguration Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether input and output are an interactive terminal.</summary>
    public bool HasScreen { get; init; }

    /// <summary>Whether the error stream is a terminal, so that a progress bar makes sense.</summary>
    public bool HasErrorScreen { get; init; }

    /// <summary>
    /// Whether a person can be asked: questions go to the error stream, because the result may go into a file.
    /// </summary>
    public bool CanAsk { get; init; }

    /// <summary>The streams and the environment of this process.</summary>
    public static Terminal OfProcess() => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        OutBytes = Console.IsOutputRedirected ? Console.OpenStandardOutput() : null,
        Environment = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build(),
        HasScreen = !Console.IsOutputRedirected && !Console.IsInputRedirected,
        HasErrorScreen = !Console.IsErrorRedirected,
        CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
    };

    /// <summary>Prints one line of the result.</summary>
    public Task PrintLine(string line) => Out.WriteLineAsync(line);

    /// <summary>Asks a person; the answer is empty when they only press Enter.</summary>
    public async Task<string> AskPerson(string question, CancellationToken cancel)
    {
        await Error.WriteAsync($"{ToPlainText(question)} ");
        await Error.FlushAsync(cancel);
        return (await In.ReadLineAsync(cancel) ?? "").Trim();
    }

    /// <summary>Prints a table with heads; columns are as wide as they need to be.</summary>
    public async Task PrintTable(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.Select(row => row.Select(ToPlainText).ToList()).ToList();
        var widths = heads.Select((head, i) => all.Select(row => row[i].Length).Append(head.Length).Max()).ToList();
        await PrintLine(Line(heads));
        foreach (var row in all) await PrintLine(Line(row));

        string Line(IReadOnlyList<string> cells) =>
            string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();
    }

    /// <summary>A screen to draw on: standard output, or the error stream.</summary>
    public IAnsiConsole OpenScreen(bool ofErrors = false) => AnsiConsole.Create(new()
    {
        Out = new AnsiConsoleOutput(ofErrors ? Error : Out), Interactive = InteractionSupport.Yes,
    });

    /// <summary>
    /// Takes control characters out of a text, because names of readers come from outside and must not control the
    /// terminal.
    /// </summary>
    public static string ToPlainText(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var plain = new StringBuilder(text.Length);
        foreach (var c in text) plain.Append(char.IsControl(c) ? '?' : c);
        return plain.ToString();
    }
}

using System.Text;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace Fleet.Cli;

/// <summary>Where the command line reads and writes: the process's own streams, or what a test gives it.</summary>
internal sealed class Terminal
{
    /// <summary>Beginning of the environment variables: <c>FLEET_URL</c> is <c>URL</c> here.</summary>
    private const string Prefix = "FLEET_";

    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>The variables that begin with <c>FLEET_</c>, without that.</summary>
    public required IConfiguration Environment { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether somebody looks at a screen and has a keyboard.</summary>
    public bool HasScreen { get; init; }

    /// <summary>Whether somebody watches what is no result, for example a progress bar.</summary>
    public bool HasErrorScreen { get; init; }

    /// <summary>The streams and the environment of this process.</summary>
    public static Terminal OfProcess() => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        Environment = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build(),
        HasScreen = !Console.IsOutputRedirected && !Console.IsInputRedirected,
        HasErrorScreen = !Console.IsErrorRedirected,
    };

    /// <summary>One line to the result.</summary>
    public Task PrintLine(string line) => Out.WriteLineAsync(line);

    /// <summary>Columns, as wide as they need to be, with their heads.</summary>
    public async Task PrintTable(IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.Select(row => row.Select(ToPlainText).ToList()).ToList();
        var widths = heads.Select((head, i) => all.Select(row => row[i].Length).Append(head.Length).Max()).ToList();
        await PrintLine(Line(heads));
        foreach (var row in all) await PrintLine(Line(row));

        string Line(IReadOnlyList<string> cells) =>
            string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();
    }

    /// <summary>A screen to draw on: the one of the results, or that of errors.</summary>
    public IAnsiConsole OpenScreen(bool ofErrors = false) => AnsiConsole.Create(new()
    {
        Out = new AnsiConsoleOutput(ofErrors ? Error : Out), Interactive = InteractionSupport.Yes,
    });

    /// <summary>
    /// A text of somebody else without what a terminal would take for an order: names of readers come from outside.
    /// </summary>
    public static string ToPlainText(string text)
    {
        if (!text.Any(char.IsControl)) return text;
        var plain = new StringBuilder(text.Length);
        foreach (var c in text) plain.Append(char.IsControl(c) ? '?' : c);
        return plain.ToString();
    }
}

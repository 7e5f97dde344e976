using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Fleet.Cli;

namespace Fleet.Server.Tests;

/// <summary>The commands of fleet in the documents, in blocks and in sentences: the command line reads them.</summary>
public sealed partial class DocumentedCommandTests
{
    /// <summary>Folders of what is built or downloaded.</summary>
    private static readonly string[] NotOurs = ["artifacts", "node_modules"];

    [Fact]
    public void Every_verb_and_option_that_the_documents_name_exists()
    {
        var commands = Documents().SelectMany(CommandsOf).Distinct().ToList();
        Assert.Contains(commands, command => command.Text == "readers pair CODE --name \"My Solo\"");
        Assert.Empty(commands.Select(command => (command.Page, command.Text, Unknown: FindUnknown(command.Text)))
            .Where(one => one.Unknown is not null)
            .Select(one => $"{one.Page}: fleet {one.Text} has no {one.Unknown}"));
    }

    /// <summary>Words for a node are read by the node itself.</summary>
    private static string? FindUnknown(string command)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(command)];
        return CommandLine.IsMeant(words) ? CommandLine.FindUnknown(words) : null;
    }

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Tree.Root, "*.md", SearchOption.AllDirectories).Where(path =>
            !Path.GetRelativePath(Tree.Root, path).Split(Path.DirectorySeparatorChar).Any(NotOurs.Contains));

    /// <summary>Without what is behind a pipe, a redirection, a comment or the end of a command.</summary>
    private static IEnumerable<(string Page, string Text)> CommandsOf(string path)
    {
        var text = ContinuedLine().Replace(File.ReadAllText(path), " ");
        var inside = false;
        foreach (var line in text.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) inside = !inside;
            foreach (Match found in (inside ? InBlock() : InSentence()).Matches(line))
                yield return (Path.GetRelativePath(Tree.Root, path), found.Groups["words"].Value.Trim());
        }
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex ContinuedLine();

    [GeneratedRegex(@"(^\s*|[|;&(]\s*|\$ )(deploy/)?fleet (?<words>[a-z-][^|;&<>)#]*)")]
    private static partial Regex InBlock();

    [GeneratedRegex(@"`(deploy/)?fleet (?<words>[a-z-][^`<>\\]*)[`<>\\]")]
    private static partial Regex InSentence();
}

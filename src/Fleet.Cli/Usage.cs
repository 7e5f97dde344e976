using System.CommandLine;
using System.CommandLine.Parsing;
using Fleet.Core;

namespace Fleet.Cli;

/// <summary>Says what is wrong with a command, in the words of the command line.</summary>
internal static class Usage
{
    /// <summary>Everything behind this word is an argument, also what begins with a hyphen.</summary>
    private const string EndOfOptions = "--";

    /// <summary>What is wrong with the arguments; null when nothing is.</summary>
    public static Failure? FindMistake(ParseResult parsed)
    {
        var command = parsed.CommandResult;
        var here = string.Join(' ', [.. PathOf(command)]);
        var see = $"See {here} --help.";
        if (FindUnknown(parsed) is { } word)
        {
            var meant = NearestName.Find(word, word.StartsWith('-') ? OptionsOf(command) : VerbsOf(command));
            var verbs = command.Command.Subcommands.Count > 0 ? $"It has {ListVerbs(command)}. " : "";
            return Failure.WrongUsage($"'{here}' does not know '{word}'.",
                (meant is null ? "" : $"Did you mean {meant}? ") + (word.StartsWith('-') ? "" : verbs) + see);
        }
        if (parsed.Errors.Count == 0) return null;
        return command.Command is { Subcommands.Count: > 0, Action: null }
            ? Failure.WrongUsage($"'{here}' needs a verb.", $"It has {ListVerbs(command)}. {see}")
            : Failure.WrongUsage(parsed.Errors[0].Message, see);
    }

    /// <summary>
    /// The option for a field of a request, such as <c>--return-url</c> for <c>return_url</c>; the field's own name
    /// where no option of the verb sets it.
    /// </summary>
    public static string NameOf(string field, ParseResult parsed)
    {
        // --url names the address of Fleet, and no request has a field for that.
        var options = OptionsOf(parsed.CommandResult).Where(option => option is not "--url").ToList();
        var same = $"--{field[(field.LastIndexOf('.') + 1)..].Replace('_', '-')}";
        return field is Reach.MerchantHeader ? "--merchant"
            : options.Find(option => option == same) ?? options.Find(option => $"{option}s" == same) ?? field;
    }

    /// <summary>A word that no verb, option or argument takes; null for none.</summary>
    public static string? FindUnknown(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is [var word, ..]) return word;
        // An argument that takes any text would take an option that is misspelt, too.
        return parsed.Tokens.Any(token => token.Value == EndOfOptions)
            ? null
            : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens)
                .Select(token => token.Value).FirstOrDefault(text => text is ['-', _, ..]);
    }

    private static IEnumerable<string> PathOf(CommandResult command)
    {
        var names = new List<string>();
        for (SymbolResult? at = command; at is CommandResult { Command: not RootCommand } one; at = at.Parent)
            names.Insert(0, one.Command.Name);
        return names.Prepend("fleet");
    }

    private static IEnumerable<string> VerbsOf(CommandResult command) =>
        command.Command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name);

    private static string ListVerbs(CommandResult command) => string.Join(", ", VerbsOf(command));

    /// <summary>The options of a verb, and those that every verb has.</summary>
    private static IEnumerable<string> OptionsOf(CommandResult command)
    {
        for (SymbolResult? at = command; at is CommandResult one; at = at.Parent)
        {
            foreach (var option in one.Command.Options.Where(option => one == command || option.Recursive))
                yield return option.Name;
        }
    }
}

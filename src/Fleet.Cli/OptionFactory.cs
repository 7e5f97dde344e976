using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Fleet.Core;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli;

/// <summary>Makes options and arguments that answer a bad value with a sentence about good values.</summary>
internal static class OptionFactory
{
    /// <summary>A text that every verb may be given.</summary>
    public static Option<string> CreateGlobalText(string name, string helpName, string help) =>
        new(name) { Description = help, HelpName = helpName, Recursive = true };

    /// <summary>A text of one verb.</summary>
    public static Option<string> CreateText(string name, string helpName, string help)
    {
        var option = new Option<string>(name) { Description = help, HelpName = helpName };
        option.CompletionSources.Add(KnownNames.KindOf(helpName));
        return option;
    }

    /// <summary>Several texts. The option is repeated for each of them.</summary>
    public static Option<string[]> CreateTexts(string name, string helpName, string help) =>
        new(name) { Description = help, HelpName = helpName, DefaultValueFactory = _ => [] };

    public static Option<bool> CreateSwitch(string name, string help) => new(name) { Description = help };

    /// <summary>A whole number; 0 when it is not given.</summary>
    public static Option<int> CreateNumber(string name, string helpName, string help, int min, int max) => new(name)
    {
        Description = help,
        HelpName = helpName,
        CustomParser = result => int.TryParse(WordOf(result), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
                ? number
                : AddError<int>(result, $"{name} must be a whole number from {min} to {max}"),
    };

    /// <summary>A number that may have decimals; null when it is not given.</summary>
    public static Option<double?> CreateDecimal(string name, string helpName, string help, double min, double max) =>
        new(name)
        {
            Description = help,
            HelpName = helpName,
            CustomParser = result => double.TryParse(WordOf(result), CultureInfo.InvariantCulture, out var number)
                && number >= min && number <= max
                    ? number
                    : AddError<double?>(result, FormattableString.Invariant($"{name} must be from {min} to {max}")),
        };

    /// <summary>One word of a list; null when it is not given.</summary>
    public static Option<string> CreateChoice(string name, string help, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = $"{help} One of {string.Join(", ", words)}.",
            HelpName = "word",
            CustomParser = result => words.Contains(WordOf(result))
                ? WordOf(result)
                : AddError<string>(result, $"{name} must be one of {string.Join(", ", words)}"),
        };
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>A time; or a duration, which is counted from now.</summary>
    /// <param name="name">The name of the option.</param>
    /// <param name="help">What it is for.</param>
    /// <param name="clock">What time it is.</param>
    /// <param name="ahead">Whether <c>24h</c> is in 24 hours, and not 24 hours ago.</param>
    public static Option<Timestamp?> CreateTime(
        string name, string help, TimeProvider clock, bool ahead = false) => new(name)
        {
            Description = $"{help} A time like 2026-03-01T09:00:00Z, or {(ahead ? "in" : "before")} 90d, 24h or 30m.",
            HelpName = "time",
            CustomParser = result => TimeOf(WordOf(result), clock, ahead)
                ?? AddError<Timestamp>(result, $"{name} {RequestTime.Rule}, or 90d, 24h or 30m"),
        };

    /// <summary>A duration in whole seconds, like <c>90s</c> or <c>5m</c>; 0 when it is not given.</summary>
    public static Option<int> CreateDuration(string name, string help, int min, int max) => new(name)
    {
        Description = help,
        HelpName = "duration",
        CustomParser = result => SpanOf(WordOf(result)) is { } span && span.TotalSeconds >= min
            && span.TotalSeconds <= max
                ? (int)span.TotalSeconds
                : AddError<int>(result, $"{name} must be a duration like 90s or 5m, from {min}s to {max}s"),
    };

    public static Argument<string> CreateArgument(string name, string help) =>
        KnownNames.Offer(new Argument<string>(name) { Description = help });

    /// <summary>An argument that may be missing.</summary>
    public static Argument<string?> CreateOptional(string name, string help) =>
        KnownNames.Offer(new Argument<string?>(name) { Description = help, Arity = ArgumentArity.ZeroOrOne });

    public static Argument<string[]> CreateArguments(string name, string help, bool required = true) =>
        KnownNames.Offer(new Argument<string[]>(name)
        {
            Description = help,
            Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore,
        });

    private static Timestamp? TimeOf(string word, TimeProvider clock, bool ahead)
    {
        if (RequestTime.Read(word) is { } time) return time.ToTimestamp();
        var span = word is [.., 's'] ? null : SpanOf(word);
        return span is { } known ? (clock.GetUtcNow() + (ahead ? known : -known)).ToTimestamp() : null;
    }

    /// <summary>A duration like <c>90d</c>, <c>24h</c>, <c>30m</c> or <c>90s</c>; null for another text.</summary>
    private static TimeSpan? SpanOf(string word)
    {
        if (word.Length < 2 || !int.TryParse(word[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > 36_500)
            return null;
        return word[^1] switch
        {
            'd' => TimeSpan.FromDays(count),
            'h' => TimeSpan.FromHours(count),
            'm' => TimeSpan.FromMinutes(count),
            's' => TimeSpan.FromSeconds(count),
            _ => null,
        };
    }

    private static string WordOf(ArgumentResult result) => result.Tokens is [var token, ..] ? token.Value : "";

    private static T? AddError<T>(ArgumentResult result, string rule)
    {
        result.AddError($"{rule}, not {WordOf(result)}.");
        return default;
    }
}

namespace Fleet.Simulator.Conformance;

/// <summary>One rule of the link protocol, and how to see whether a device keeps it.</summary>
/// <param name="Number">Its number in docs/link-protocol.md. A number is never given to another rule.</param>
/// <param name="Name">The rule in one sentence.</param>
/// <param name="Play">
/// Plays Fleet against the device. It returns when the rule holds, and throws <see cref="RuleBrokenException"/> or
/// <see cref="RuleSkippedException"/> otherwise.
/// </param>
internal sealed record Rule(string Number, string Name, Func<PlayedFleet, Task> Play)
{
    /// <summary>It waits for more than half a minute, so it is played only when that is asked for.</summary>
    public bool Slow { get; init; }

    /// <summary>It takes many payments, so it needs a device that starts and pays by itself.</summary>
    public bool ByItself { get; init; }

    /// <summary>Number and sentence, as they are printed.</summary>
    public string Title => $"{Number} {Name}";

    /// <summary>Whether it has one of these words, with commas between them, as its number or in it.</summary>
    public bool IsNamed(string words) => words.Split(',', StringSplitOptions.TrimEntries).Any(
        word => word == Number || Name.Contains(word, StringComparison.OrdinalIgnoreCase));
}

/// <summary>What was found about a rule.</summary>
internal enum Verdict
{
    Holds,
    Broken,
    Skipped,
}

/// <summary>What was found about one rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Verdict">Whether it holds.</param>
/// <param name="Why">What was seen instead, or why it could not be judged; null when it holds.</param>
/// <param name="Frames">The last frames, and the last lines that the device printed; only of a broken rule.</param>
internal sealed record Finding(Rule Rule, Verdict Verdict, string? Why, IReadOnlyList<string> Frames);

/// <summary>The device does not keep the rule.</summary>
/// <param name="seen">What was seen instead.</param>
internal sealed class RuleBrokenException(string seen) : Exception(seen);

/// <summary>This device gives no opportunity to judge the rule.</summary>
/// <param name="why">The reason.</param>
internal sealed class RuleSkippedException(string why) : Exception(why);

using System.Text.RegularExpressions;

namespace Fleet.Torture.Checking;

/// <summary>Finds in a text what must stand in none: keys, tokens, and whole numbers of cards.</summary>
/// <param name="keys">Keys, each with what it is.</param>
/// <param name="tokens">
/// Tokens that Fleet made, of which there may be thousands. Nothing else begins with the same <see cref="Head"/>
/// letters.
/// </param>
internal sealed partial class Secrets(IReadOnlyDictionary<string, string> keys, IEnumerable<string> tokens)
{
    private const int Head = 60, Prefix = 8;

    private readonly HashSet<string> _heads = [.. tokens.Select(token => token[..Head])];

    /// <summary>What all tokens begin with: the mark of who made them.</summary>
    private IReadOnlyList<string> Prefixes => field ??= [.. _heads.Select(head => head[..Prefix]).Distinct()];

    /// <summary>What was found, in words.</summary>
    /// <param name="what">What the text is.</param>
    /// <param name="text">Each letter stands for itself; bytes that are no text may stand in between.</param>
    public IEnumerable<string> FindIn(string what, string text)
    {
        foreach (var (name, key) in keys)
        {
            if (text.IndexOf(key, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                yield return $"{name} is in {what}: {Around(text, at)}";
        }
        foreach (var at in Prefixes.SelectMany(prefix => AllOf(text, prefix)))
        {
            if (at + Head <= text.Length && _heads.Contains(text.Substring(at, Head)))
                yield return $"a token is in {what}: {Around(text, at)}";
        }
        foreach (var number in CardNumbers().Matches(text).Where(number => IsCard(number.ValueSpan)))
            yield return $"a number of a card is in {what}: {Around(text, number.Index)}";
    }

    /// <summary>Whether the digits end with the check digit of card numbers.</summary>
    public static bool IsCard(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? digit : digit > 4 ? (digit * 2) - 9 : digit * 2;
        }
        return sum % 10 == 0;
    }

    /// <summary>
    /// Card numbers have 13 to 19 digits, and begin with the digit of a scheme. Times in ticks have 18, and begin with
    /// 63.
    /// </summary>
    [GeneratedRegex(@"(?<![\w.-])(?:[3-6]\d{12,15}|(?!63)[3-6]\d{16,18})(?![\w-]|\.\d)")]
    public static partial Regex CardNumbers();

    private static IEnumerable<int> AllOf(string text, string part)
    {
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0;
            at = text.IndexOf(part, at + 1, StringComparison.Ordinal)) yield return at;
    }

    private static string Around(string text, int at) =>
        text[Math.Max(0, at - Head)..Math.Min(text.Length, at + Head)].ReplaceLineEndings(" ");
}

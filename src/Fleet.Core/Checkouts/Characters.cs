using System.Globalization;
using System.Text;

namespace Fleet.Core.Checkouts;

/// <summary>
/// Measures texts in characters as a person sees them: a letter with its accents, a flag and the picture of a family
/// are one character each, however many units they are saved as.
/// </summary>
public static class Characters
{
    /// <summary>
    /// UTF-16 units that a text may have for each character that it may have. That is enough for a text of flags, and
    /// stops letters with a thousand accents.
    /// </summary>
    public const int MaxUnits = 4;

    private const string Cut = "…";

    /// <summary>Whether a text has at most so many characters.</summary>
    public static bool AreAtMost(int max, string text)
    {
        if (text.Length <= max) return true;
        var rest = text.AsSpan();
        for (var count = 0; count < max && rest.Length > 0; count++)
            rest = rest[StringInfo.GetNextTextElementLength(rest)..];
        return rest.Length == 0;
    }

    /// <summary>Whether a text has more than blanks and marks that no one sees, such as those of direction.</summary>
    public static bool CanBeSeen(string text) => text.EnumerateRunes().Any(rune => !Rune.IsWhiteSpace(rune)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.Control));

    /// <summary>A text that fits; a longer one is cut after a whole character and ends with three dots.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxUnits">UTF-16 units at most, dots included; at least 1.</param>
    public static string ShortenText(string text, int maxUnits)
    {
        if (text.Length <= maxUnits) return text;
        var (kept, room) = (0, maxUnits - Cut.Length);
        while (StringInfo.GetNextTextElementLength(text.AsSpan(kept)) is var next && kept + next <= room) kept += next;
        return string.Concat(text.AsSpan(0, kept), Cut);
    }
}

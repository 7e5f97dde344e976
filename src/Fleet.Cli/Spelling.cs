using Fleet.Core;

namespace Fleet.Cli;

/// <summary>Finds the word that was meant when a word is not known.</summary>
internal static class Spelling
{
    /// <summary>How many letters may be wrong: one of four, and never more than three.</summary>
    private const int LettersForOne = 3, MaxWrong = 3;

    /// <summary>The known word that differs least; null when none is near.</summary>
    public static string? FindNearest(string word, IEnumerable<string> known)
    {
        var nearest = known.Select(one => (Word: one, Wrong: NearestName.CountChanges(word, one, swaps: true)))
            .OrderBy(one => one.Wrong).ThenBy(one => one.Word, StringComparer.Ordinal).FirstOrDefault();
        return nearest.Word is not null && nearest.Wrong <= Math.Clamp(word.Length / LettersForOne, 1, MaxWrong)
            ? nearest.Word
            : null;
    }
}

namespace Fleet.Cli;

/// <summary>Finds the word that was meant when a word is not known.</summary>
internal static class Spelling
{
    /// <summary>How many letters may be wrong: one of four, and never more than three.</summary>
    private const int LettersForOne = 3, MaxWrong = 3;

    /// <summary>The known word that differs least; null when none is near.</summary>
    public static string? FindNearest(string word, IEnumerable<string> known)
    {
        var nearest = known.Select(one => (Word: one, Wrong: CountWrong(word, one)))
            .OrderBy(one => one.Wrong).ThenBy(one => one.Word, StringComparer.Ordinal).FirstOrDefault();
        return nearest.Word is not null && nearest.Wrong <= Math.Clamp(word.Length / LettersForOne, 1, MaxWrong)
            ? nearest.Word
            : null;
    }

    /// <summary>
    /// How many letters must be added, removed or replaced to make one word of another; two that are swapped count as
    /// one.
    /// </summary>
    private static int CountWrong(string from, string to)
    {
        var wrong = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) wrong[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) wrong[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = wrong[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                wrong[i, j] = Math.Min(replaced, 1 + Math.Min(wrong[i - 1, j], wrong[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    wrong[i, j] = Math.Min(wrong[i, j], wrong[i - 2, j - 2] + 1);
            }
        }
        return wrong[from.Length, to.Length];
    }
}

namespace Fleet.Core;

/// <summary>Finds the known name that a misspelt one probably stands for.</summary>
public static class NearestName
{
    /// <summary>Longer texts are no misspelt names.</summary>
    private const int MaxLength = 100;

    /// <summary>
    /// The known name with the fewest letters to insert, delete or replace, in any case; null when more than a third
    /// of its letters would change.
    /// </summary>
    /// <param name="typed">What was typed.</param>
    /// <param name="known">The names there are.</param>
    public static string? Find(string typed, IEnumerable<string> known)
    {
        if (typed.Length is 0 or > MaxLength) return null;
        var (nearest, fewest) = ((string?)null, int.MaxValue);
        foreach (var name in known)
        {
            var changes = CountChanges(typed.ToUpperInvariant(), name.ToUpperInvariant());
            if (changes < fewest && changes * 3 <= Math.Max(3, name.Length)) (nearest, fewest) = (name, changes);
        }
        return nearest;
    }

    /// <summary>The distance of Levenshtein, row by row.</summary>
    private static int CountChanges(string from, string to)
    {
        var above = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var row = new int[to.Length + 1];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1,
                    above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
            above = row;
        }
        return above[^1];
    }
}

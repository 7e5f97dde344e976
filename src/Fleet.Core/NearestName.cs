namespace Fleet.Core;

/// <summary>Finds the known name that a misspelt one probably stands for.</summary>
public static class NearestName
{
    /// <summary>Longer texts are no misspelt names.</summary>
    private const int MaxLength = 100;

    /// <summary>
    /// The known name with the fewest letters to insert, delete, replace or swap, in any case; null when more than a
    /// third of its letters would change.
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

    /// <summary>Two letters that are swapped count as one change.</summary>
    private static int CountChanges(string from, string to)
    {
        var changes = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++) changes[i, 0] = i;
        for (var j = 0; j <= to.Length; j++) changes[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = changes[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                changes[i, j] = Math.Min(replaced, 1 + Math.Min(changes[i - 1, j], changes[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    changes[i, j] = Math.Min(changes[i, j], changes[i - 2, j - 2] + 1);
            }
        }
        return changes[from.Length, to.Length];
    }
}

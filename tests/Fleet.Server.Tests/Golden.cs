using System.Runtime.CompilerServices;

namespace Fleet.Server.Tests;

/// <summary>
/// A text on which others rely, kept in a file beside the tests, so that a change of it is a line in a diff. If the
/// change is intended, run the command that the failing test prints, and read the diff.
/// </summary>
internal static class Golden
{
    /// <summary>Lines that a failing test prints.</summary>
    private const int MaxShown = 60;

    /// <summary>Lines around a difference, lines that are the same again after it, and lines of one at most.</summary>
    private const int Around = 2, SameAgain = 3, MaxLook = 300;

    /// <summary>Fails unless the file says what is so now.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="now">What it should say.</param>
    /// <param name="warning">What to consider before the file is renewed.</param>
    public static async Task Check(string name, string now, string warning = "")
    {
        var cancel = TestContext.Current.CancellationToken;
        var path = PathOf(name);
        var agreed = File.Exists(path) ? (await File.ReadAllTextAsync(path, cancel)).ReplaceLineEndings("\n") : "";
        if (agreed == now) return;
        var changed = Path.Combine(AppContext.BaseDirectory, name);
        await File.WriteAllTextAsync(changed, now, cancel);
        Assert.Fail($"{name} changed. {warning}\nIf that is meant: cp {changed} {path}\n{Differences(agreed, now)}");
    }

    /// <summary>Where a file is.</summary>
    public static string PathOf(string name) => Path.Combine(Folder(), name);

    /// <summary>The lines that differ, with some around them; at most <see cref="MaxShown"/> in all.</summary>
    public static string Differences(string agreed, string now)
    {
        var (old, young, shown) = (agreed.Split('\n'), now.Split('\n'), new List<string>());
        for (int left = 0, right = 0; left < old.Length || right < young.Length;)
        {
            if (IsSame(old, left, young, right, lines: 1))
            {
                (left, right) = (left + 1, right + 1);
                continue;
            }
            var (gone, come) = FindSame(old, left, young, right);
            var after = left + gone;
            shown.AddRange([$"line {left + 1}", .. Context(old, left - Around, left),
                .. old[left..after].Select(line => $"- {line}"),
                .. young[right..(right + come)].Select(line => $"+ {line}"), .. Context(old, after, after + Around)]);
            (left, right) = (after, right + come);
        }
        return string.Join('\n', shown.Count <= MaxShown
            ? shown
            : [.. shown.Take(MaxShown), $"... and {shown.Count - MaxShown} lines more"]);
    }

    private static IEnumerable<string> Context(string[] lines, int from, int to) =>
        lines[Math.Max(0, from)..Math.Min(lines.Length, to)].Select(line => $"  {line}");

    /// <summary>How many lines went and came before both are the same again: as few as possible in all.</summary>
    private static (int Gone, int Come) FindSame(string[] old, int left, string[] young, int right)
    {
        for (var both = 1; both <= MaxLook; both++)
            for (var gone = 0; gone <= both; gone++)
                if (IsSame(old, left + gone, young, right + both - gone, SameAgain)) return (gone, both - gone);
        return (old.Length - left, young.Length - right);
    }

    private static bool IsSame(string[] old, int left, string[] young, int right, int lines)
    {
        if (left > old.Length || right > young.Length) return false;
        return old.Skip(left).Take(lines).SequenceEqual(young.Skip(right).Take(lines));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here) ?? "";
}

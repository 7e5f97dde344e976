using System.Runtime.CompilerServices;

namespace Fleet.Server.Tests;

/// <summary>
/// A text on which others rely, kept in a file beside the tests, so that a change of it is a line in a diff. If the
/// change is intended, run the command that the failing test prints, and read the diff.
/// </summary>
internal static class Golden
{
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

    /// <summary>The lines between the first and the last that differ.</summary>
    public static string Differences(string agreed, string now)
    {
        var (old, young) = (agreed.Split('\n'), now.Split('\n'));
        var same = old.Zip(young).TakeWhile(pair => pair.First == pair.Second).Count();
        var tail = old[same..].Reverse().Zip(young[same..].Reverse())
            .TakeWhile(pair => pair.First == pair.Second).Count();
        return string.Join('\n', [$"line {same + 1}", .. old[same..^tail].Select(line => $"- {line}"),
            .. young[same..^tail].Select(line => $"+ {line}")]);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here) ?? "";
}

using System.Text.RegularExpressions;

namespace Fleet.Core.Tests;

/// <summary>The working tree this test was built from, as text.</summary>
internal static class Repo
{
    private static readonly string[] NotOurs = ["artifacts", "node_modules", "bin", "obj", ".git"];

    public static readonly string Root = FindRoot(AppContext.BaseDirectory);

    private static readonly SourceFile[] AllSource =
        [.. new[] { "src", "tests" }.SelectMany(folder => Files(folder, ".cs")).Select(SourceFile.Read)];

    /// <summary>The C# files under a folder.</summary>
    public static IEnumerable<SourceFile> Source(string folder) =>
        AllSource.Where(file => file.Path.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Paths from the root with forward slashes, in a fixed order.</summary>
    public static IEnumerable<string> Files(string folder, string extension)
    {
        var found = new List<string>();
        Collect(new(Path.Combine(Root, folder)));
        return found.Order(StringComparer.Ordinal);

        void Collect(DirectoryInfo directory)
        {
            if (!directory.Exists) return;
            found.AddRange(directory.GetFiles('*' + extension)
                .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/')));
            foreach (var child in directory.GetDirectories())
                if (!NotOurs.Contains(child.Name)) Collect(child);
        }
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Fleet.sln"))
            ? folder
            : FindRoot(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No Fleet.sln above."));
}

/// <summary>A C# file. <paramref name="Code"/> is its text with comments and literals blanked out.</summary>
internal sealed partial record SourceFile(string Path, string Text, string Code)
{
    public string[] Lines { get; } = Text.TrimEnd('\n').Split('\n');

    /// <summary>Its literals of strings, each with its quotes.</summary>
    public IEnumerable<string> Strings =>
        NotCode().Matches(Text).Select(match => match.Value).Where(text => text[0] is not ('/' or '\''));

    public static SourceFile Read(string path) => Of(path, File.ReadAllText(System.IO.Path.Combine(Repo.Root, path)));

    public static SourceFile Of(string path, string text) =>
        new(path, text, NotCode().Replace(text, match => NotNewLine().Replace(match.Value, " ")));

    /// <summary>The places where a pattern meets the code, as "path:line what".</summary>
    public IEnumerable<string> Find(Regex pattern) =>
        pattern.Matches(Code).Select(match => Place(Code.AsSpan(0, match.Index).Count('\n') + 1, match.Value.Trim()));

    public string Place(int line, string what) => $"{Path}:{line} {what}";

    [GeneratedRegex(
        """"""
        \$*(?<quotes>"{3,}).*?\k<quotes> | \$?@\$?"(?:[^"]|"")*" | \$?"(?:\\.|[^"\\\n])*"
        | '(?:\\[^\n]{1,9}?|[^'\\\n])' | //[^\n]* | /\*.*?\*/
        """""",
        RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NotCode();

    [GeneratedRegex("[^\n]")]
    private static partial Regex NotNewLine();
}

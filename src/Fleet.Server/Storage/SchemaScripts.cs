using System.Text.RegularExpressions;

namespace Fleet.Server.Storage;

/// <summary>The numbered schema scripts that are embedded in the program.</summary>
internal static partial class SchemaScripts
{
    /// <summary>The scripts of a family (<c>ledger.0001.sql</c>, <c>ledger.0002.sql</c> …) in their order.</summary>
    public static IReadOnlyList<string> ListScripts(string family)
    {
        var assembly = typeof(SchemaScripts).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(name => ScriptName().Match(name) is { Success: true } match && match.Groups[1].Value == family)
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)
                    ?? throw new InvalidOperationException($"The script {name} is missing from the program.");
                using var reader = new StreamReader(stream);
                return reader.ReadToEnd();
            })];
    }

    /// <summary>
    /// Whether a program that does not know the script can use a database that has run it: the script says so in its
    /// first comment. Scripts that are older than this mark have none, and count as those it cannot live with.
    /// </summary>
    public static bool OnlyAdds(string script) => Mark().Match(script) is { Success: true } mark
        && mark.Groups["word"].Value is "can";

    [GeneratedRegex(@"\A(--.*\n)*-- older programs: (?<word>can|cannot, because \S.*)(\r?\n|\z)")]
    private static partial Regex Mark();

    [GeneratedRegex(@"\.(\w+)\.\d{4}\.sql$")]
    private static partial Regex ScriptName();
}

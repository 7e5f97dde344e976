using System.Text.RegularExpressions;
using Fleet.Server.Storage;

namespace Fleet.Server.Tests;

/// <summary>Each new script says whether older programs can live with it, and one that says so only adds.</summary>
public sealed partial class SchemaMarkTests
{
    /// <summary>The last scripts that were written before there was a mark.</summary>
    private static readonly Dictionary<string, int> Unmarked =
        new() { ["fleet"] = 20, ["ledger"] = 18, ["grains"] = 1 };

    [Fact]
    public void Each_new_script_has_a_mark_and_adds_only_if_it_says_so()
    {
        var scripts = Directory.GetFiles(
            Path.Combine(Tree.Root, "src/Fleet.Server/Storage"), "*.sql", SearchOption.AllDirectories);
        Assert.True(scripts.Length > Unmarked.Values.Sum() - 1);
        Assert.Empty(scripts.Where(IsNew).SelectMany(path =>
            FindFaults(File.ReadAllText(path)).Select(fault => $"{Path.GetFileName(path)}, {fault}")));
    }

    [Theory]
    [InlineData("CREATE TABLE t (a text NOT NULL, b int UNIQUE);\nCREATE UNIQUE INDEX i ON t (a);")]
    [InlineData("ALTER TABLE history ADD COLUMN a text; -- DROP is only a word here\nCREATE INDEX i ON history (a);")]
    [InlineData("ALTER TABLE history ADD COLUMN a int NOT NULL DEFAULT 0;\nUPDATE history SET a = 1;")]
    public void What_only_adds_is_found_to_add(string sql) =>
        Assert.Empty(FindFaults($"-- older programs: can\n{sql}"));

    [Theory]
    [InlineData("DROP TABLE history;", "line 2: DROP")]
    [InlineData("SELECT 1;\nALTER TABLE history\n    ALTER COLUMN till TYPE integer;", "line 4: ALTER COLUMN")]
    [InlineData("ALTER TABLE history RENAME till TO lane;", "line 2: RENAME")]
    [InlineData("ALTER TABLE history ADD COLUMN a int NOT NULL;", "line 2: NOT NULL without DEFAULT")]
    [InlineData("ALTER TABLE history ADD COLUMN a int DEFAULT 0,\n    ADD COLUMN b int NOT NULL;",
        "line 3: NOT NULL without DEFAULT")]
    [InlineData("ALTER TABLE history ADD CONSTRAINT c CHECK (ref > 0);", "line 2: ADD CONSTRAINT")]
    [InlineData("CREATE UNIQUE INDEX i ON history (ref);", "line 2: a unique index on an old table")]
    [InlineData("DELETE FROM history;", "line 2: DELETE")]
    [InlineData("CREATE TRIGGER t BEFORE INSERT ON history EXECUTE FUNCTION f();", "line 2: TRIGGER")]
    public void What_older_programs_would_notice_is_named_with_its_line(string sql, string fault) =>
        Assert.Equal(fault, Assert.Single(FindFaults($"-- older programs: can\n{sql}")));

    [Fact]
    public void A_script_without_a_mark_is_told_which_marks_there_are() =>
        Assert.StartsWith("line 1: its first comment has neither", Assert.Single(FindFaults("-- A table.\nSELECT 1;")),
            StringComparison.Ordinal);

    private static bool IsNew(string path)
    {
        var parts = Path.GetFileName(path).Split('.');
        return int.Parse(parts[1], null) > Unmarked[parts[0]];
    }

    /// <summary>A rough reading: statement by statement, without comments.</summary>
    private static IEnumerable<string> FindFaults(string script)
    {
        if (!SchemaScripts.OnlyAdds(script))
            return Cannot().IsMatch(script) ? []
                : ["line 1: its first comment has neither '-- older programs: can' nor '… cannot, because …'"];
        var sql = Comment().Replace(script, "");
        var made = NewTable().Matches(sql).Select(match => match.Groups[1].Value).ToHashSet();
        IEnumerable<(int At, string What)> faults =
        [
            .. Harm().Matches(sql).Select(match => (match.Index, Space().Replace(match.Value, " ").ToUpperInvariant())),
            .. NewColumn().Matches(sql)
                .Where(match => NotNull().IsMatch(match.Value) && !Default().IsMatch(match.Value))
                .Select(match => (match.Index, "NOT NULL without DEFAULT")),
            .. UniqueIndex().Matches(sql).Where(match => !made.Contains(match.Groups[1].Value))
                .Select(match => (match.Index, "a unique index on an old table")),
        ];
        return faults.Select(fault => $"line {sql[..fault.At].Count(sign => sign is '\n') + 1}: {fault.What}");
    }

    [GeneratedRegex(@"\A(--.*\n)*-- older programs: cannot, because \S")]
    private static partial Regex Cannot();

    [GeneratedRegex("--.*")]
    private static partial Regex Comment();

    [GeneratedRegex("""
        (?ix) \b ( DROP | RENAME | ALTER\s+COLUMN | ADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN) | DELETE | TRUNCATE
            | TRIGGER ) \b
        """)]
    private static partial Regex Harm();

    [GeneratedRegex(@"(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)")]
    private static partial Regex NewTable();

    [GeneratedRegex(@"(?i)\bADD\s+COLUMN\b[^;,]*")]
    private static partial Regex NewColumn();

    [GeneratedRegex(@"(?i)\bCREATE\s+UNIQUE\s+INDEX\s[^;]*?\bON\s+(\w+)")]
    private static partial Regex UniqueIndex();

    [GeneratedRegex(@"(?i)\bNOT\s+NULL\b")]
    private static partial Regex NotNull();

    [GeneratedRegex(@"(?i)\bDEFAULT\b")]
    private static partial Regex Default();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}

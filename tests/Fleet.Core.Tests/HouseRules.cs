using System.Reflection;
using System.Text.RegularExpressions;

namespace Fleet.Core.Tests;

/// <summary>The rules of the house that a machine can hold. A failure lists every place that breaks one.</summary>
public sealed partial class HouseRules
{
    private const int MaxFileLines = 400, MaxColumns = 120, MaxBodyLines = 60, MaxGrainLines = 120;
    private const int LongFileLines = 150, LongBodyLines = 40;
    private const int LongEndpointLines = 10;
    private const double LongFiles = 0.10, LongBodies = 0.02, LongEndpoints = 0.10; // shares of all that may be long

    private static readonly string[] ProseKinds =
        [".cs", ".proto", ".sql", ".md", ".yml", ".yaml", ".json", ".sh", ".cfg", ".conf", ".env"];

    private static IEnumerable<SourceFile> Src => Repo.Source("src");

    private static IEnumerable<SourceFile> Endpoints =>
        Src.Where(file => file.Path.EndsWith("Endpoints.cs", StringComparison.Ordinal));

    [Fact]
    public void Every_source_file_ends_within_four_hundred_lines() =>
        None(Src.Where(file => file.Lines.Length > MaxFileLines)
            .Select(file => file.Place(file.Lines.Length, "is the last line")));

    [Fact]
    public void Every_grain_ends_within_one_hundred_twenty_lines() => // it asks the rule and delegates
        None(Src.Where(file => GrainFile().IsMatch(file.Path) && file.Lines.Length > MaxGrainLines)
            .Select(file => file.Place(file.Lines.Length, "is the last line")));

    [Fact]
    public void Every_line_of_source_and_tests_ends_by_column_120() =>
        None(Src.Concat(Repo.Source("tests")).SelectMany(file => file.Lines.Index()
            .Where(line => line.Item.Length > MaxColumns)
            .Select(line => file.Place(line.Index + 1, $"has {line.Item.Length} columns"))));

    [Fact]
    public void Nine_of_ten_source_files_end_within_150_lines() =>
        Few(LongFiles, Src.Count(), Src.Where(file => file.Lines.Length > LongFileLines)
            .Select(file => file.Place(file.Lines.Length, "is the last line")));

    [Fact]
    public void No_body_in_the_source_outgrows_a_screen() =>
        None(Src.SelectMany(file => BodiesBeyond(MaxBodyLines, file)));

    [Fact]
    public void Few_bodies_in_the_source_have_more_than_forty_lines() =>
        Few(LongBodies, Src.Sum(file => Bodies(file).Count()),
            Src.SelectMany(file => BodiesBeyond(LongBodyLines, file)));

    [Fact]
    public void Few_bodies_of_endpoints_have_more_than_ten_lines() =>
        Few(LongEndpoints, Endpoints.Sum(file => file.Find(StaticMethods()).Count()),
            Endpoints.SelectMany(file => BodiesBeyond(LongEndpointLines, file)));

    [Fact]
    public void The_source_never_tells_the_compiler_to_trust() =>
        None(Src.SelectMany(file => file.Find(NullForgiving())));

    [Fact]
    public void The_source_holds_no_notes_of_unfinished_work() =>
        None(Src.SelectMany(file => file.Lines.Index()
            .Where(line => Unfinished().IsMatch(line.Item))
            .Select(line => file.Place(line.Index + 1, line.Item.Trim()))));

    [Fact]
    public void Neither_core_nor_server_writes_to_the_console() => // but Program, which says why it cannot start
        None(Repo.Source("src/Fleet.Core").Concat(Repo.Source("src/Fleet.Server"))
            .Where(file => !file.Path.EndsWith("Program.cs", StringComparison.Ordinal))
            .SelectMany(file => file.Find(ConsoleUse())));

    [Fact]
    public void The_source_logs_through_generated_log_methods_only() => // but QuietLog, which passes on their lines
        None(Src.Where(file => !file.Path.EndsWith("QuietLog.cs", StringComparison.Ordinal))
            .SelectMany(file => file.Find(PlainLogging())));

    [Fact]
    public void Every_file_of_log_messages_has_its_own_hundred_ids()
    {
        var ids = Src.SelectMany(file => LogIds().Matches(file.Text)
            .Select(match => (file.Path, Id: int.Parse(match.Groups[1].Value)))).ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Count, ids.DistinctBy(one => one.Id).Count());
        Assert.All(ids.GroupBy(one => one.Id / 100),
            block => Assert.Single(block.DistinctBy(one => one.Path)));
    }

    [Fact]
    public void No_type_is_named_for_having_no_subject() =>
        None(Src.SelectMany(file => file.Find(EmptyNames())));

    [Fact]
    public void Every_class_says_whether_it_may_be_inherited() =>
        None(Src.SelectMany(file => file.Find(ClassDeclarations())
            .Where(found => !Regex.IsMatch(found, @"\b(sealed|static|abstract)\b"))));

    [Fact]
    public void The_core_knows_nothing_beyond_the_serializers_attributes() =>
        None(typeof(Reader).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name ?? "")
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal)
                && !name.StartsWith("Orleans.Serialization", StringComparison.Ordinal)));

    [Fact]
    public void The_core_waits_for_nothing_and_knows_no_clock() =>
        None(Repo.Source("src/Fleet.Core").SelectMany(file => file.Find(Impure())));

    [Fact]
    public void Every_public_type_of_core_and_protocol_is_explained() =>
        None(Repo.Source("src/Fleet.Core").Concat(Repo.Source("src/Fleet.Protocol")).SelectMany(Unexplained));

    [Fact]
    public void Every_relative_link_in_a_document_leads_somewhere() =>
        None(Documents().SelectMany(DeadLinks));

    [Fact]
    public void Every_sentence_says_which_person_or_program_it_means() =>
        None(Prose().Select(SourceFile.Read).SelectMany(VagueWords));

    [Fact]
    public void The_tests_wait_for_conditions_and_never_sleep() =>
        None(Repo.Source("tests").SelectMany(file => file.Find(Sleeping())));

    [Fact]
    public void Every_spec_here_is_named_as_a_sentence() =>
        None(typeof(HouseRules).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FactAttribute>() is not null)
            .Select(method => method.Name)
            .Where(name => name.Split('_').Length is < 7 or > 10));

    [Theory]
    [InlineData("## How `fleet why` works", "how-fleet-why-works")]
    [InlineData("# One & two: three, four_five", "one--two-three-four_five")]
    [InlineData("## [Keys](keys.md) of *tills*", "keys-of-tills")]
    [InlineData("## Twice\n\n## Twice", "twice twice-1")]
    [InlineData("```\n# a comment\n```\n# Über uns", "über-uns")]
    public void Anchors_of_headings_are_those_that_GitHub_makes(string markdown, string anchors) =>
        Assert.Equal(anchors.Split(' ').Order(), Anchors(markdown).Order());

    [Theory]
    [InlineData("var name = reader!.Name;", 1)]
    [InlineData("return Find(id)!;", 1)]
    [InlineData("Take(items[0]!, null!);", 2)]
    [InlineData("string name = default!;", 1)]
    [InlineData("if (!ready || (a != b && !c)) return;", 0)]
    [InlineData("var text = \"Done!\"; // yes!", 0)]
    public void The_rule_on_trust_catches_what_it_should(string code, int found) =>
        Assert.Equal(found, SourceFile.Of("x.cs", code).Find(NullForgiving()).Count());

    [Theory]
    [InlineData("public class Till { }", false)]
    [InlineData("internal sealed class Till { }", true)]
    [InlineData("public record Till(int Id);", false)]
    [InlineData("public static partial class Till { }", true)]
    [InlineData("public record struct Till(int Id);", true)]
    [InlineData("void Take<T>(T till) where T : class { }", true)]
    public void The_rule_on_classes_catches_what_it_should(string code, bool fine) =>
        Assert.Equal(fine, SourceFile.Of("x.cs", code).Find(ClassDeclarations())
            .All(found => Regex.IsMatch(found, @"\b(sealed|static|abstract)\b")));

    [Theory]
    [InlineData("// Nobody waits for it.", 1)]
    [InlineData("# for whoever watches", 1)]
    [InlineData("No operator waits, and no body is sent.", 0)]
    public void The_rule_on_persons_catches_what_it_should(string text, int found) =>
        Assert.Equal(found, VagueWords(SourceFile.Of("x.cs", text)).Count());

    [Theory]
    [InlineData(60, 0)]
    [InlineData(61, 1)]
    public void The_rule_on_bodies_counts_what_it_should(int lines, int found)
    {
        var body = string.Concat(Enumerable.Repeat("        Next();\n", lines));
        var file = SourceFile.Of("x.cs", $"class Till\n{{\n    void Take()\n    {{\n{body}    }}\n}}\n");

        Assert.Equal(found, BodiesBeyond(MaxBodyLines, file).Count());
    }

    [Fact]
    public void A_block_inside_a_body_is_no_other_body()
    {
        const string Loop = "        while (true)\n        {\n            Next();\n        }\n";
        const string Method = $"    void Take()\n    {{\n{Loop}    }}\n";
        var file = SourceFile.Of("x.cs", $"class Till\n{{\n{Method}\n{Method}}}\n");

        Assert.Equal([(4, 4), (12, 4)], Bodies(file));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void The_rule_on_shares_fails_beyond_the_share_only(int found, bool fails) =>
        Assert.Equal(fails, Record.Exception(() => Few(0.02, 100, Enumerable.Repeat("x", found))) is not null);

    private static void None(IEnumerable<string> offences) => Few(0, 0, offences);

    /// <summary>Holds while the offences are at most this share of all.</summary>
    private static void Few(double share, int all, IEnumerable<string> offences)
    {
        var found = offences.ToArray();
        if (found.Length > share * all) Assert.Fail($"{found.Length} found:\n" + string.Join('\n', found));
    }

    private static IEnumerable<string> BodiesBeyond(int most, SourceFile file) =>
        Bodies(file).Where(body => body.Lines > most).Select(body => file.Place(body.Open, $"{body.Lines} lines"));

    /// <summary>
    /// The bodies of members: blocks between braces of one indentation that are no type and stand in no other body.
    /// Each has the line of its opening brace, and the number of lines between its braces.
    /// </summary>
    private static IEnumerable<(int Open, int Lines)> Bodies(SourceFile file)
    {
        var code = file.Code.Split('\n').Select(line => line.TrimEnd()).ToArray();
        for (var open = 1; open < code.Length; open++)
        {
            if (code[open].TrimStart() is not "{" || OpensType(code, open)) continue;
            var end = code[open][..^1] + '}';
            var close = Array.FindIndex(code, open, line => line.StartsWith(end, StringComparison.Ordinal));
            yield return (open + 1, close - open - 1);
            open = close;
        }
    }

    private static bool OpensType(string[] code, int open)
    {
        var header = open - 1;
        while (header > 0 && code[header - 1].Length > 0 && code[header - 1][^1] is not (';' or '{' or '}')) header--;
        return TypeDeclarations().IsMatch(string.Join('\n', code[header..open]));
    }

    /// <summary>Public types without a summary above them; attributes may stand between.</summary>
    private static IEnumerable<string> Unexplained(SourceFile file) =>
        from line in file.Lines.Index()
        where PublicType().IsMatch(line.Item)
        let above = file.Lines.Take(line.Index).Reverse().TakeWhile(text => !EndsDeclaration().IsMatch(text))
        where !above.Any(text => Explanation().IsMatch(text))
        select file.Place(line.Index + 1, line.Item.Trim());

    private static IEnumerable<string> Documents() =>
        new[] { "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md" }
            .Where(name => File.Exists(Path.Combine(Repo.Root, name)))
            .Concat(Repo.Files("docs", ".md")).Concat(Repo.Files("samples", ".md"));

    /// <summary>All texts that are read as prose, without the tests.</summary>
    private static IEnumerable<string> Prose() =>
        new[] { "src", "deploy", "k8s" }
            .SelectMany(folder => ProseKinds.SelectMany(kind => Repo.Files(folder, kind)))
            .Concat(Documents());

    private static IEnumerable<string> VagueWords(SourceFile file) =>
        file.Lines.Index()
            .Where(line => VagueWord().IsMatch(line.Item))
            .Select(line => file.Place(line.Index + 1, line.Item.Trim()));

    /// <summary>Links to a file that is missing, or to a heading that the document does not have.</summary>
    private static IEnumerable<string> DeadLinks(string document)
    {
        var path = Path.Combine(Repo.Root, document);
        var folder = Path.GetDirectoryName(path) ?? Repo.Root;
        return Links().Matches(CodeFences().Replace(File.ReadAllText(path), ""))
            .Select(match => match.Groups["to"].Value)
            .Where(link => !LeadsSomewhere(path, folder, Uri.UnescapeDataString(link)))
            .Select(link => $"{document} links to {link}");
    }

    private static bool LeadsSomewhere(string document, string folder, string link)
    {
        var file = link.Split('#', '?')[0];
        var target = file.Length == 0 ? document : Path.Combine(folder, file);
        if (!Path.Exists(target)) return false;
        if (link.IndexOf('#', StringComparison.Ordinal) is var at && at < 0) return true;
        return !target.EndsWith(".md", StringComparison.Ordinal)
            || Anchors(File.ReadAllText(target)).Contains(link[(at + 1)..]);
    }

    /// <summary>
    /// The anchors of a document as GitHub makes them: headings in small letters, without punctuation, with a hyphen
    /// for each space, and with a number from the second heading of the same text on.
    /// </summary>
    private static HashSet<string> Anchors(string markdown) =>
        [.. Headings().Matches(CodeFences().Replace(markdown, ""))
            .Select(match => LinkMarkup().Replace(match.Groups["text"].Value.Trim(), "${text}").ToLowerInvariant())
            .Select(text => NotInAnchors().Replace(text, "").Replace(' ', '-'))
            .GroupBy(text => text)
            .SelectMany(same => same.Select((text, index) => index == 0 ? text : $"{text}-{index}"))];

    [GeneratedRegex(@"^    (public|internal|private) static .*\(", RegexOptions.Multiline)]
    private static partial Regex StaticMethods();

    [GeneratedRegex(@"/(?!I[A-Z])\w+Grain\.cs$")]
    private static partial Regex GrainFile();

    [GeneratedRegex(@"(?:\w|\)|\]|>)!(?=[.;,)\]\[}?\s]|$)(?!\s*=)", RegexOptions.Multiline)]
    private static partial Regex NullForgiving();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b((no|some|any)body|someone|anyone|whoever)\b", RegexOptions.IgnoreCase)]
    private static partial Regex VagueWord();

    [GeneratedRegex(@"\bConsole\.((Out|Error)\.)?Write\w*")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)?\(")]
    private static partial Regex PlainLogging();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+\w*(Manager|Helper|(?<!Link)Service|Dto|Impl)\b")]
    private static partial Regex EmptyNames();

    [GeneratedRegex(@"LoggerMessage\((\d+)")]
    private static partial Regex LogIds();

    [GeneratedRegex(@"^ *(\[.*\] *)?(\w+ +)*(class|record) +(?!struct\b)\w+", RegexOptions.Multiline)]
    private static partial Regex ClassDeclarations();

    [GeneratedRegex(@"^ *(\[.*\] *)?([a-z]+ +)*(class|record|struct|interface|enum) +\w", RegexOptions.Multiline)]
    private static partial Regex TypeDeclarations();

    [GeneratedRegex(@"^ *public ([a-z]+ +)*(class|record|struct|interface|enum) +\w")]
    private static partial Regex PublicType();

    [GeneratedRegex("^(?! *///).*[;{}]$|^$")]
    private static partial Regex EndsDeclaration();

    [GeneratedRegex("^ */// .*<(summary|inheritdoc)")]
    private static partial Regex Explanation();

    [GeneratedRegex(
        @"\b(await|async|(Value)?Task|TimeProvider|Stopwatch|Random(NumberGenerator)?|Guid\.NewGuid"
        + @"|DateTime(Offset)?\.(UtcNow|Now|Today))\b")]
    private static partial Regex Impure();

    [GeneratedRegex(@"\b(Thread\.Sleep|Task\.Delay)\b")]
    private static partial Regex Sleeping();

    [GeneratedRegex(@"(\]\(|^\[[^\]]+\]: +)(?!\w+:)<?(?<to>[^)\s>]+)", RegexOptions.Multiline)]
    private static partial Regex Links();

    [GeneratedRegex(@"^#{1,6} +(?<text>.+?)( +#+)?\r?$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"!?\[(?<text>[^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkMarkup();

    [GeneratedRegex(@"[^\p{L}\p{M}\p{N}\p{Pc} -]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeFences();
}

using System.Text.RegularExpressions;
using Fleet.Simulator.Conformance;

namespace Fleet.Server.Tests;

/// <summary>The rules that the document of the link protocol numbers, and those that the examination plays.</summary>
public sealed partial class LinkRuleTests
{
    private const string NotFromOutside = "11.";

    private static readonly IReadOnlyList<Match> Rows = Row().Matches(
        File.ReadAllText(Path.Combine(Tree.Root, "docs/link-protocol.md")));

    [Fact]
    public void Every_rule_of_the_document_is_examined_or_says_why_it_cannot_be() => Assert.Equal(
        Examination.Rules.Select(rule => $"| {rule.Number} | {rule.Name} |"),
        Rows.Where(row => !IsLeftToOthers(row)).Select(row => row.Value));

    [Fact]
    public void A_rule_that_cannot_be_checked_from_outside_has_a_reason()
    {
        Assert.Contains(Rows, IsLeftToOthers);
        Assert.All(Rows.Where(IsLeftToOthers), row => Assert.NotEmpty(row.Groups["why"].Value));
    }

    [Fact]
    public void No_two_rules_have_the_same_number() => Assert.Distinct(Rows.Select(NumberOf));

    private static bool IsLeftToOthers(Match row) =>
        NumberOf(row).StartsWith(NotFromOutside, StringComparison.Ordinal);

    private static string NumberOf(Match row) => row.Groups["number"].Value;

    [GeneratedRegex(@"^\| (?<number>\d+\.\d+) \| [^|\n]+ \|( (?<why>[^|\n]+) \|)?$", RegexOptions.Multiline)]
    private static partial Regex Row();
}

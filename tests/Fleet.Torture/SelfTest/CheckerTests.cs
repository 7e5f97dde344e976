using Fleet.Torture.Checking;

namespace Fleet.Torture.SelfTest;

/// <summary>
/// A checker that never finds anything proves nothing: it must find what is broken on purpose, and name the right rule.
/// </summary>
public sealed class CheckerTests
{
    private const int Seeds = 200;

    [Fact]
    public void Nothing_is_found_in_a_run_where_all_sides_agree()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var verdict = Verdict.Of(new Draft(seed).ToHistory());
            Assert.True(verdict.Holds, $"seed {seed}\n{verdict}");
        }
    }

    [Theory]
    [MemberData(nameof(Breakages))]
    public void What_is_broken_is_found_and_named(string name, string rules)
    {
        var draft = new Draft(seed: 1);
        Breaks.All.Single(one => one.Name == name).Break(draft);

        var verdict = Verdict.Of(draft.ToHistory());

        Assert.Equal(
            rules, string.Join(", ",
                verdict.Findings.Where(finding => !finding.Holds).Select(finding => finding.Rule)));
    }

    [Fact]
    public void Every_rule_has_a_break_that_it_finds()
    {
        var found = Breaks.All.SelectMany(one => one.Rules.Split(", ")).ToHashSet();

        Assert.Empty(Verdict.Of(new Draft(seed: 1).ToHistory()).Findings.Select(finding => finding.Rule).Except(found));
    }

    public static TheoryData<string, string> Breakages() => [.. Breaks.All.Select(one => (one.Name, one.Rules))];
}

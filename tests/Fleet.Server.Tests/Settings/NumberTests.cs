using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Fleet.Server.Hosting;

namespace Fleet.Server.Tests;

/// <summary>Each numeric setting of the reference, with values that are none of its range.</summary>
public sealed partial class NumberTests
{
    public static TheoryData<string> Numbers() =>
    [
        .. Row.Matches(File.ReadAllText(Path.Combine(Tree.Root, "docs", "settings.md")))
            .Select(row => row.Groups[1].Value + (row.Groups[2].Success ? ":0" : "")),
    ];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_out_of_its_range_is_refused_in_one_sentence(string setting)
    {
        foreach (var value in new[] { "-1", "-99999999999999999999", "many", "1e999", "" })
        {
            var refused = Assert.Throws<ValidationException>(
                () => FleetNode.Build([.. Beside(setting), $"--{setting}={value}"]));

            Assert.Contains(setting.Split(':').Last(word => word is not "0"), refused.Message,
                StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    [Fact]
    public void Every_numeric_setting_is_tried() => Assert.True(Numbers().Count > 20);

    /// <summary>What a merchant or a key must have before anything else of it is looked at.</summary>
    private static IEnumerable<string> Beside(string setting) =>
        from part in new[] { ("Fleet:Merchants:0:", "Code=MTILL001"), ("Keys:0:", $"Sha256={new string('a', 64)}") }
        let at = setting.IndexOf(part.Item1, StringComparison.Ordinal)
        where at >= 0
        select $"--{setting[..(at + part.Item1.Length)]}{part.Item2}";

    /// <summary>A row whose type is a range, a number, or a list of one of them.</summary>
    [GeneratedRegex(@"^\| `([^`]+)` \| (list: )?(?:number|[\d.-]+ to [\d.-]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row { get; }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Simulator.Conformance;

namespace Fleet.Simulator.Cli;

/// <summary>Writes what was found: a line for each rule and the counts, or one JSON document.</summary>
internal sealed class CheckReport(TextWriter output, bool json)
{
    /// <summary>Exit codes.</summary>
    public const int Passed = 0, Failed = 1;

    private readonly List<Finding> _findings = [];

    public void AddFinding(Finding finding)
    {
        _findings.Add(finding);
        if (json) return;
        output.WriteLine(finding.Verdict switch
        {
            Verdict.Holds => $"pass     {finding.Rule.Title}",
            Verdict.Skipped => $"skipped  {finding.Rule.Title} ({finding.Why})",
            _ => $"FAIL     {finding.Rule.Title} {finding.Why}",
        });
        foreach (var frame in finding.Frames) output.WriteLine($"           {frame}");
    }

    /// <summary>Writes the counts, and returns the exit code.</summary>
    public int Finish()
    {
        var (passed, broken) = (Count(Verdict.Holds), Count(Verdict.Broken));
        var skipped = Count(Verdict.Skipped);
        if (json)
        {
            var rules = _findings.Select(one => new ReportedRule(one.Rule.Number, one.Rule.Name,
                WordOf(one.Verdict), one.Why, one.Frames is [] ? null : one.Frames)).ToList();
            output.WriteLine(JsonSerializer.Serialize(new CheckDocument(passed, broken, skipped, rules),
                new ReportJson(Options()).CheckDocument));
        }
        else output.WriteLine($"{passed} passed, {broken} failed, {skipped} skipped");
        return broken == 0 ? Passed : Failed;
    }

    private int Count(Verdict verdict) => _findings.Count(one => one.Verdict == verdict);

    private static string WordOf(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "pass",
        Verdict.Skipped => "skipped",
        _ => "fail",
    };

    /// <summary>For people and scripts, not for a web page: frames stay readable.</summary>
    private static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };
}

/// <summary>The JSON document of an examination.</summary>
internal sealed record CheckDocument(int Passed, int Failed, int Skipped, IReadOnlyList<ReportedRule> Rules);

/// <summary>One rule in it.</summary>
internal sealed record ReportedRule(
    string Number, string Rule, string Verdict, string? Why, IReadOnlyList<string>? Frames);

[JsonSerializable(typeof(CheckDocument))]
internal sealed partial class ReportJson : JsonSerializerContext;

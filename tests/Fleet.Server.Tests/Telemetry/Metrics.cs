using System.Globalization;
using System.Text.RegularExpressions;

namespace Fleet.Server.Tests;

/// <summary>What a node's <c>/metrics</c> said, as a collector reads it.</summary>
internal sealed partial class Metrics
{
    private readonly List<Sample> _samples = [];

    private Metrics(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n'))
        {
            if (Line().Match(line) is not { Success: true } match) continue;
            var labels = Pair().Matches(match.Groups["labels"].Value)
                .ToDictionary(pair => pair.Groups["name"].Value, pair => pair.Groups["value"].Value);
            _samples.Add(new(match.Groups["name"].Value, labels,
                double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)));
        }
    }

    public string Text { get; }

    public IReadOnlyList<Sample> Samples => _samples;

    public static async Task<Metrics> Of(FleetApp node)
    {
        using var http = new HttpClient();
        return new(await http.GetStringAsync(
            new Uri(node.OperationsAddress, "/metrics"), TestContext.Current.CancellationToken));
    }

    /// <summary>
    /// The sum of the samples with these labels, for example <c>("state", "dead")</c>; null when there is none.
    /// </summary>
    public double? this[string name, params (string Label, string Value)[] labels]
    {
        get
        {
            var found = _samples.FindAll(sample => sample.Name == name
                && Array.TrueForAll(labels, label => sample.Labels.GetValueOrDefault(label.Label) == label.Value));
            return found.Count == 0 ? null : found.Sum(sample => sample.Value);
        }
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?$")]
    private static partial Regex Line();

    [GeneratedRegex("""(?<name>\w+)="(?<value>(?:[^"\\]|\\.)*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Pair();

    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
}

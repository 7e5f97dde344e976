using System.Diagnostics.Metrics;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Incidents;
using Fleet.Server.Grains;
using Fleet.Server.Incidents;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Cloud;

/// <summary>Counts comparisons of days with SumUp, and what they found; differences become an incident.</summary>
internal sealed class ReconcileMeter
{
    private const string Equal = "equal", Different = "different", Incomplete = "incomplete";

    private readonly IncidentQueue _incidents;
    private readonly Counter<long> _runs, _differences;

    public ReconcileMeter(IMeterFactory meters, IncidentQueue incidents)
    {
        _incidents = incidents;
        var meter = meters.Create(FleetMeter.Name);
        _runs = meter.CreateCounter<long>("fleet.reconcile.runs", "{run}", "Days compared with SumUp, by result.");
        _differences = meter.CreateCounter<long>(
            "fleet.reconcile.differences", "{difference}", "Differences between Fleet and SumUp, by kind.");
    }

    /// <summary>Adds 0 to each, so that a collector sees the first one as an increase from 0.</summary>
    public void StartAtZero()
    {
        foreach (var result in new[] { Equal, Different, Incomplete }) CountRuns(result, 0);
        foreach (var kind in Enum.GetValues<DifferenceKind>()) CountDifferences(kind, 0);
    }

    /// <summary>Counts a comparison that has ended.</summary>
    public void CountRun(DayReport report)
    {
        foreach (var found in report.Counts) CountDifferences(found.Kind, found.Count);
        CountRuns(!report.IsComplete ? Incomplete : report.Counts.Count > 0 ? Different : Equal, 1);
    }

    /// <summary>Notes the differences of a day. The same report is counted once, however often it is noted.</summary>
    public void NoteDifferences(string merchantCode, CloudDay day, DayReport report)
    {
        if (report.Counts.Sum(one => one.Count) is > 0 and var count && report.FinishedAt is { } at)
            _incidents.Note(Occurrence.ForDay(merchantCode, $"{day}", count, at));
    }

    private void CountRuns(string result, int runs) =>
        _runs.Add(runs, new KeyValuePair<string, object?>("result", result));

    private void CountDifferences(DifferenceKind kind, int found) =>
        _differences.Add(found, new KeyValuePair<string, object?>("kind", kind.ToWireName()));
}

using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>Sums up what nodes report of their accounts, and logs when trouble begins and ends.</summary>
internal sealed class CloudTroubleGrain(TimeProvider time, ILogger<CloudTroubleGrain> log) : Grain, ICloudTroubleGrain
{
    /// <summary>A node that is silent for this time has left: it reports three times as often.</summary>
    private static readonly TimeSpan ReportsLast = TroubleWatch.Period * 3;

    private readonly Dictionary<string, Report> _reports = [];
    private CloudTrouble _latest = CloudTrouble.None;

    public Task<CloudTrouble> ReportAccounts(string node, int calling, int suspect)
    {
        _reports[node] = new(time.Now(), calling, suspect);
        return GetTrouble();
    }

    public Task<CloudTrouble> GetTrouble()
    {
        var now = time.Now();
        foreach (var (node, report) in _reports)
            if (Deadline.IsOver(report.At, ReportsLast, now)) _reports.Remove(node);
        var (calling, suspect) = (_reports.Values.Sum(one => one.Calling), _reports.Values.Sum(one => one.Suspect));
        var (before, open) = (_latest.Since, TroubleRules.IsForAll(_latest.Since is not null, calling, suspect));
        _latest = new(open ? before ?? now : null, calling, suspect);
        if (open && before is null) log.TroubleBegan(suspect, calling);
        if (!open && before is { } since) log.TroubleEnded((now - since).TotalSeconds);
        return Task.FromResult(_latest);
    }

    private sealed record Report(DateTimeOffset At, int Calling, int Suspect);
}

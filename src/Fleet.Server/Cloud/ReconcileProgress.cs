using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>The saved state of the comparison of a day.</summary>
public sealed record ReconcileRecord
{
    /// <summary>The last result; null before the first.</summary>
    public DayReport? Report { get; init; }

    /// <summary>What a comparison has read that has not come to its end; null when there is none.</summary>
    public ReconcileProgress? Progress { get; init; }

    /// <summary>Whether a comparison was lost with its node, and did not fail.</summary>
    public bool IsInterrupted => Progress is not null && Progress.StartedAt != Report?.StartedAt;
}

/// <summary>What a comparison has read so far.</summary>
public sealed record ReconcileProgress
{
    /// <summary>Payments that are compared, and pages that are read, at most.</summary>
    private const int MaxPayments = 20_000, MaxPages = 500;

    /// <summary>What was read longer ago is read again.</summary>
    private static readonly TimeSpan UsableFor = TimeSpan.FromHours(1);

    public DateTimeOffset StartedAt { get; init; }

    public List<CloudTransaction> Theirs { get; init; } = [];

    /// <summary>The query of the next page; null before the first, and after the last.</summary>
    public string? Next { get; set; }

    public int Pages { get; set; }

    public int Unreadable { get; set; }

    /// <summary>Whether all pages are read.</summary>
    public bool IsWhole => Pages > 0 && Next is null;

    /// <summary>The progress that was saved, unless it is too old; or a new one.</summary>
    public static ReconcileProgress GoOn(ReconcileProgress? saved, DateTimeOffset now) =>
        saved is not null && now - saved.StartedAt < UsableFor ? saved.Copy() : new() { StartedAt = now };

    /// <summary>A copy that does not change when this one does.</summary>
    public ReconcileProgress Copy() => this with { Theirs = [.. Theirs] };

    /// <summary>
    /// Adds a page. A transaction that was on an earlier page, too, counts once, as it was read last.
    /// </summary>
    /// <returns>Why no more pages can be read; null when they can.</returns>
    internal string? AddPage(CloudHistoryPage page)
    {
        if (Pages == MaxPages || Theirs.Count + page.Items.Count > MaxPayments)
            return "There are more transactions than can be compared.";
        var codes = page.Items.Select(item => item.Ids.TransactionCode).OfType<string>().ToHashSet();
        var again = Theirs.RemoveAll(known => known.Ids.TransactionCode is { } code && codes.Contains(code));
        Theirs.AddRange(page.Items);
        if (page.Next is not null && (page.Next == Next || (again > 0 && again == page.Items.Count)))
            return "The pages of SumUp's history repeat.";
        (Next, Pages, Unreadable) = (page.Next, Pages + 1, Unreadable + page.Unreadable);
        return null;
    }

    /// <summary>The result of a comparison that could not be completed.</summary>
    public DayReport Fail(string problem) =>
        new() { State = DayState.Done, Problem = problem, TransactionsRead = Theirs.Count };

    /// <summary>A result with its times, and with what it lacks.</summary>
    public DayReport Finish(DayReport report, CloudDay day, DateTimeOffset now) => report with
    {
        StartedAt = StartedAt,
        FinishedAt = now,
        Problem = report.Problem
            ?? (Unreadable > 0 ? "Some transactions of SumUp have no time, no amount or an unknown status."
                : day.IsOver(StartedAt) ? null
                : "The day is not over, or ended less than 2 hours ago: payments may be missing."),
    };
}

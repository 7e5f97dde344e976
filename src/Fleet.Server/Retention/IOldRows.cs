using Fleet.Core.Retention;

namespace Fleet.Server.Retention;

/// <summary>The stored rows of one kind, by days of UTC, as lines of JSON.</summary>
internal interface IOldRows
{
    RetentionKind Kind { get; }

    /// <summary>The first day with rows, not before one day and before another; null for none.</summary>
    Task<DateOnly?> FindDay(DateOnly from, DateOnly end, CancellationToken cancel);

    /// <summary>
    /// The rows of a day that may be removed, each as one line. The same row is always the same line; a row that was
    /// changed is another one.
    /// </summary>
    /// <param name="day">The day.</param>
    /// <param name="end">A row to which something happened on this day or later stays.</param>
    /// <param name="cancel">Ends it.</param>
    IAsyncEnumerable<string> ReadLines(DateOnly day, DateOnly end, CancellationToken cancel);

    /// <summary>
    /// Removes the rows of these lines in one transaction. A row that was changed since stays. Returns how many were
    /// removed.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It is not known whether they were removed.</exception>
    Task<int> RemoveRows(IReadOnlyList<string> lines, CancellationToken cancel);
}

/// <summary>The last run of each kind, stored for all nodes.</summary>
internal interface IRetentionRuns
{
    Task<IReadOnlyDictionary<RetentionKind, RetentionRun>> ListLast(CancellationToken cancel);

    Task NoteRun(RetentionKind kind, RetentionRun run);
}

/// <summary>What a run of one kind did.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Node">The node that did it.</param>
/// <param name="Exported">Rows that were written to files.</param>
/// <param name="Removed">Rows that were removed.</param>
/// <param name="Problem">Why it failed; null when it did not.</param>
internal sealed record RetentionRun(DateTimeOffset At, string Node, long Exported, long Removed, string? Problem);

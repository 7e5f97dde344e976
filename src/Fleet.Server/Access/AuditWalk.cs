using Fleet.Core.Access;


namespace Fleet.Server.Access;

/// <summary>Walks the chains of the audit and checks that each row fits the one before it.</summary>
internal static class AuditWalk
{
    /// <summary>Rows that are read at once, and rows of one walk, which takes a second or two.</summary>
    private const int PageSize = 1_000, MaxRows = 100_000;

    /// <summary>Verifies a part of the audit.</summary>
    /// <param name="audit">The audit.</param>
    /// <param name="after">The last row of the walk before; null to begin.</param>
    /// <param name="cancel">Ends the walk.</param>
    /// <returns>
    /// How many rows fit; the first that does not, and why; the last one, when there may be more behind it.
    /// </returns>
    public static async Task<(int Rows, AuditRow? Broken, string Problem, AuditRow? Last)> VerifyRows(
        IAudit audit, (Guid Chain, long Seq)? after, CancellationToken cancel)
    {
        AuditRow? before = null;
        if (after is var (chain, seq))
            before = await audit.WalkRows(chain, seq - 1, 1, cancel) is [var (row, _)] ? row : null;
        var rows = 0;
        while (true)
        {
            var page = await audit.WalkRows(before?.Chain ?? Guid.Empty, before?.Seq ?? 0, PageSize, cancel);
            foreach (var (next, removed) in page)
            {
                // rows at the beginning of a chain may have been removed, also since the page before
                if (next.WrongAfter(before) is { } problem && (removed is null || next.WrongAfter(removed) is not null))
                    return (rows, next, problem, null);
                (before, rows) = (next, rows + 1);
            }
            if (page.Count < PageSize) return (rows, null, "", null);
            if (rows >= MaxRows) return (rows, null, "", before);
        }
    }
}

using Fleet.Server.Checkouts;

namespace Fleet.Server.Console.History;

/// <summary>
/// Reads a history page by page until enough entries fit. It reads only so many, because no index knows amounts or
/// cards. The next scan goes on from where it stopped.
/// </summary>
internal sealed class PaymentScan(ITransactions transactions)
{
    /// <summary>Entries that one scan reads at most.</summary>
    public const int MaxRead = 5_000;

    /// <summary>Entries that are read at once.</summary>
    private const int PageSize = 500;

    /// <summary>Reads until enough entries were found.</summary>
    /// <param name="merchantCode">Whose history.</param>
    /// <param name="query">The range, newest first; its limit is how many are wanted.</param>
    /// <param name="fits">Which entries are wanted; null for all.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<PaymentsFound> Find(
        string merchantCode, HistoryQuery query, Func<HistoryEntry, bool>? fits, CancellationToken cancel)
    {
        var (found, read, wanted) = (new List<HistoryEntry>(), 0, query.Limit);
        while (true)
        {
            // One more entry is read than is asked for, to know whether there is another page.
            var size = fits is null ? wanted : PageSize;
            var page = await transactions.ListHistory(merchantCode, query with { Limit = size + 1 }, cancel);
            foreach (var entry in page.Take(size))
            {
                read++;
                query = query with { Until = entry.Ref };
                if (fits?.Invoke(entry) is false) continue;
                found.Add(entry);
                if (found.Count == wanted) break;
            }
            var isLast = page.Count <= size && (page.Count == 0 || page[^1].Ref == query.Until);
            if (isLast) return new(found, null, read);
            if (found.Count == wanted || read >= MaxRead) return new(found, query.Until, read);
        }
    }
}

/// <summary>What a scan found.</summary>
/// <param name="Entries">What fits, the newest first.</param>
/// <param name="Next">Where the next scan goes on; null when all was read.</param>
/// <param name="Read">Entries that were read.</param>
internal sealed record PaymentsFound(IReadOnlyList<HistoryEntry> Entries, Guid? Next, int Read);

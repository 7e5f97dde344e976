using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Counts and sums of payments and refunds, which the ledger's writers keep in the transaction of each event. Each node
/// writes rows of its own, so that nodes do not wait for each other; what is read here is summed up.
/// </summary>
internal interface ITotals
{
    /// <summary>The rows of a page, sorted by day, store, currency and kind.</summary>
    Task<IReadOnlyList<TotalLine>> ListTotals(string merchantCode, TotalsQuery query, CancellationToken cancel);

    /// <summary>When a merchant's totals were last compared with the ledger; null for never.</summary>
    Task<DateTimeOffset?> FindCompared(string merchantCode, CancellationToken cancel);

    /// <summary>The totals of a day, and what the ledger says, both of the same moment.</summary>
    Task<DayTotals> CompareDay(string merchantCode, DateOnly day, CancellationToken cancel);

    /// <summary>
    /// Adds what is missing in the totals of a day, and notes that they were compared. False, and nothing is changed,
    /// when another comparison of the merchant was noted since <paramref name="seen"/>.
    /// </summary>
    Task<bool> CorrectDay(
        string merchantCode, long seen, IReadOnlyDictionary<TotalKey, TotalSum> missing, DateTimeOffset now);

    /// <summary>The last day before this one on which the merchant has payments; null for none.</summary>
    Task<DateOnly?> FindEarlierDay(string merchantCode, DateOnly day, CancellationToken cancel);
}

/// <summary>The rows that are wanted.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day.</param>
/// <param name="Store">Only this store; null for all.</param>
/// <param name="ByStore">Whether each store has rows of its own.</param>
/// <param name="ByDay">Whether each day has rows of its own.</param>
/// <param name="After">The last row of the page before; null for the first page.</param>
/// <param name="Limit">Rows at most.</param>
internal sealed record TotalsQuery(
    DateOnly From, DateOnly To, string? Store, bool ByStore, bool ByDay, TotalLine? After, int Limit);

/// <summary>One row.</summary>
/// <param name="Day">The day like 2026-11-28; empty when all days are in one row.</param>
/// <param name="Store">The store; empty when all stores are in one row.</param>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Kind">The word of <see cref="TotalKind"/>.</param>
/// <param name="Sum">The count and the sums.</param>
internal sealed record TotalLine(string Day, string Store, string Currency, string Kind, TotalSum Sum);

/// <summary>The totals of a day, stored and of the ledger.</summary>
/// <param name="Stored">What is stored.</param>
/// <param name="Ledger">What the ledger says.</param>
/// <param name="Seen">The number of the merchant's last comparison; 0 for none.</param>
internal sealed record DayTotals(
    IReadOnlyDictionary<TotalKey, TotalSum> Stored, IReadOnlyDictionary<TotalKey, TotalSum> Ledger, long Seen)
{
    /// <summary>All rows that one side has.</summary>
    public IEnumerable<TotalKey> Keys => Stored.Keys.Union(Ledger.Keys);

    /// <summary>What must be added to what is stored; empty when both sides agree.</summary>
    public IReadOnlyDictionary<TotalKey, TotalSum> Missing => Keys
        .Select(key => (key, Sum: Ledger.GetValueOrDefault(key) - Stored.GetValueOrDefault(key)))
        .Where(one => one.Sum != default).ToDictionary(one => one.key, one => one.Sum);
}

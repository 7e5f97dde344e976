namespace Fleet.Server.Checkouts;

/// <summary>
/// Compares a merchant's totals with the ledger, day by day, and corrects what differs. Payments go on meanwhile: both
/// sides are read at the same moment, and only the difference is added, to which later payments add nothing.
/// </summary>
internal sealed class TotalsRebuild(ITotals totals, TimeProvider time)
{
    /// <summary>Comparisons of a day: the last one must find no difference.</summary>
    private const int MaxTries = 5;

    /// <summary>Compares a day, corrects it, and compares it again until both sides agree.</summary>
    public async Task<RebuiltDay> RebuildDay(string merchantCode, DateOnly day, CancellationToken cancel)
    {
        DayTotals? first = null;
        var agrees = false;
        for (var tries = 0; tries < MaxTries && !agrees; tries++)
        {
            var now = await totals.CompareDay(merchantCode, day, cancel);
            first ??= now;
            agrees = now.Missing.Count == 0;
            await totals.CorrectDay(merchantCode, now.Seen, now.Missing, time.Now()); // or others have just done it
        }
        return new(first ?? throw new InvalidOperationException("There was no comparison."), agrees,
            await totals.FindEarlierDay(merchantCode, day, cancel));
    }
}

/// <summary>What a comparison of a day found.</summary>
/// <param name="Found">Both sides, before anything was corrected.</param>
/// <param name="Agrees">Whether both sides agreed at the end.</param>
/// <param name="Earlier">The next earlier day with payments; null for none.</param>
internal sealed record RebuiltDay(DayTotals Found, bool Agrees, DateOnly? Earlier);

namespace Fleet.Torture.Checking;

/// <summary>Rules for the ledger alone, in the order of its versions; times are not compared.</summary>
internal static class LedgerRules
{
    private static readonly Dictionary<string, string> FinalStates = new()
    {
        ["succeeded"] = "successful", ["failed"] = "failed", ["cancelled"] = "cancelled", [Refused] = "cancelled",
    };

    /// <summary>
    /// SumUp's cloud did not take it: this ends a checkout, but its till alone is told, by the refusal.
    /// </summary>
    private const string Refused = "refused";

    /// <summary>The window of 60 s, and what a sweeper may be late in a cluster whose database was away.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(75);

    /// <summary>Whether it ends a checkout.</summary>
    public static bool IsFinal(string kind) => FinalStates.ContainsKey(kind);

    /// <summary>Whether it is an outcome, of which all are told.</summary>
    public static bool IsOutcome(string kind) => IsFinal(kind) && kind is not Refused;

    /// <summary>Whether a checkout ended as its till was told at once.</summary>
    public static bool IsRefused(this IEnumerable<Entry> life) => life.Any(entry => entry.Kind is Refused);

    /// <summary>Versions count from 1 without gap or repeat; accepted, started and final follow each other.</summary>
    public static Finding SingleOpen(History history)
    {
        var readers = history.Ledger.GroupBy(entry => entry.Reader).ToArray();
        var twice = history.Checkouts.Where(row => row.State is "accepted" or "started").GroupBy(row => row.Reader)
            .Where(open => open.Count() > 1).Select(open => $"{open.Key} has {open.Count()} open checkouts at the end");
        return new("single open", $"{history.Ledger.Count} entries of {readers.Length} readers",
            [.. readers.SelectMany(Walk), .. twice]);
    }

    /// <summary>Every accepted checkout came to an end, and its row says the same as its last entry.</summary>
    public static Finding Final(History history)
    {
        var broken = history.Lives.Select(life =>
        {
            if (!history.Rows.TryGetValue(life.Key, out var row)) return $"{life.Key} has entries and no row";
            if (life.LastOrDefault(entry => IsFinal(entry.Kind)) is not { } final)
                return $"{life.Key} on {row.Reader} never ended: {string.Join(", ", life.Select(entry => entry.Kind))}";
            return FinalStates[final.Kind] == row.State
                ? null
                : $"{life.Key} on {row.Reader} is {row.State}, but its last entry is {final.Kind}";
        });
        var unheard = history.Checkouts.Where(row => !history.Lives.Contains(row.Id))
            .Select(row => $"{row.Id} on {row.Reader} has a row and no entries");
        return new("every checkout ends", $"{history.Lives.Count} checkouts", [.. broken.OfType<string>(), .. unheard]);
    }

    /// <summary>No caller waits longer than the window for a start that does not come.</summary>
    public static Finding BoundedBusy(History history)
    {
        var unstarted = history.Lives.Where(life => life.All(entry => entry.Kind is not "started")).ToArray();
        var broken = from life in unstarted
                     let accepted = life.FirstOrDefault(entry => entry.Kind is "accepted")
                     let final = life.FirstOrDefault(entry => IsFinal(entry.Kind))
                     where accepted is not null && final is not null && final.At - accepted.At > LongestWait
                     select $"{life.Key} on {accepted.Reader} waited "
                         + $"{(final.At - accepted.At).TotalSeconds:F0} s for its start";
        return new("bounded busy", $"{unstarted.Length} checkouts that never started", [.. broken]);
    }

    /// <summary>No device and ledger have contradicted each other.</summary>
    public static Finding NoDispute(History history) => new("no dispute", $"{history.Ledger.Count} entries",
        [.. history.Ledger.Where(entry => entry.Kind is "disputed")
            .Select(entry => $"{entry.Checkout} on {entry.Reader} was disputed at version {entry.Version}")]);

    private static IEnumerable<string> Walk(IGrouping<string, Entry> reader)
    {
        var expected = 1L;
        (Guid Checkout, bool Started)? open = null;
        var known = new HashSet<Guid>();
        foreach (var entry in reader.OrderBy(entry => entry.Version))
        {
            if (entry.Version != expected)
                yield return $"{reader.Key} has version {entry.Version} where {expected} is due";
            expected = entry.Version + 1;
            if (Wrong(entry, open, known) is { } wrong)
                yield return $"{reader.Key} version {entry.Version}, {entry.Kind} {entry.Checkout} by "
                    + $"{entry.Node}: {wrong}";
            known.Add(entry.Checkout);
            open = entry.Kind switch
            {
                "accepted" => (entry.Checkout, false),
                "started" => (entry.Checkout, true),
                _ when IsFinal(entry.Kind) => null,
                _ => open,
            };
        }
    }

    private static string? Wrong(Entry entry, (Guid Checkout, bool Started)? open, HashSet<Guid> known) =>
        entry.Kind switch
        {
            "accepted" when open is { } other => $"{other.Checkout} is still open",
            "accepted" when known.Contains(entry.Checkout) => "accepted before",
            "accepted" => null,
            "disputed" => known.Contains(entry.Checkout) ? null : "never accepted",
            _ when open?.Checkout != entry.Checkout => "not the open checkout",
            "started" when open is { Started: true } => "started before",
            "terminate_requested" or "confirmed" or "doubted" or Refused when open is { Started: false } =>
                "not started",
            "succeeded" when open is { Started: false } => "a charge without a grant",
            "started" or "terminate_requested" or "confirmed" or "doubted" => null,
            _ => IsFinal(entry.Kind) ? null : "an unknown kind",
        };
}

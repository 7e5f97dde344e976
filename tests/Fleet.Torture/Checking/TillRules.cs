namespace Fleet.Torture.Checking;

/// <summary>What the tills were told must be so.</summary>
internal static class TillRules
{
    /// <summary>Clocks are read in microseconds; all processes of a run read the same one.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(1);

    /// <summary>A final entry is dated when it is decided; until it is committed its checkout is truly open.</summary>
    private static readonly TimeSpan LongestCommit = TimeSpan.FromSeconds(2);

    /// <summary>Every 201 is in the ledger, on the reader and with the amount that were asked for.</summary>
    public static Finding Durable(History history)
    {
        var broken = history.Accepted.Select(call =>
        {
            if (call.Checkout is not { } id) return $"{Words(call)} named no checkout";
            if (!history.Lives[id].Any(entry => entry.Kind is "accepted" && entry.Reader == call.Reader))
                return $"{Words(call)} {id}, and the ledger of the reader does not have it";
            return history.Rows.TryGetValue(id, out var row)
                && IsOf(row, call) ? null : $"{Words(call)} {id}, stored as {row}";
        });
        return new("201 means stored", $"{history.Accepted.Count()} answers", [.. broken.OfType<string>()]);
    }

    /// <summary>An accepted checkout was accepted between the first request of its sale and the 201.</summary>
    public static Finding RealTime(History history)
    {
        var asked = history.Starts.GroupBy(call => call.Sale)
            .ToDictionary(sale => sale.Key, sale => sale.Min(call => call.AskedAt));
        var broken = from call in history.Accepted
                     let entry = history.Lives[call.Checkout ?? default]
                         .FirstOrDefault(entry => entry.Kind is "accepted")
                     where entry is not null
                         && (entry.At < asked[call.Sale] - Grain || entry.At > call.AnsweredAt + Grain)
                     select $"{Words(call)} {call.Checkout}, accepted at {entry.At:HH:mm:ss.ffffff}";
        return new("accepted when asked", $"{history.Accepted.Count()} answers", [.. broken]);
    }

    /// <summary>
    /// One sale is at most one checkout, however often it was requested, besides those that SumUp refused; and no till
    /// requested any other checkout.
    /// </summary>
    public static Finding OneCheckoutPerSale(History history)
    {
        var sales = history.Starts.ToLookup(call => call.Sale);
        var strange = history.Checkouts
            .Where(row => row.Sale is null || !sales[row.Sale].Any(call => IsOf(row, call)))
            .Select(row => $"no till asked for {row}");
        var twice = history.Checkouts.Where(row => row.Sale is not null && !history.Lives[row.Id].IsRefused())
            .GroupBy(row => row.Sale)
            .Where(sale => sale.Count() > 1)
            .Select(sale => $"sale {sale.Key} has the checkouts {string.Join(", ", sale.Select(row => row.Id))}");
        return new("one checkout per sale", $"{history.Checkouts.Count} checkouts of {sales.Count} sales",
            [.. strange, .. twice]);
    }

    /// <summary>
    /// Requests with one key are answered with one checkout, which is the one the key is stored with.
    /// </summary>
    public static Finding OneCheckoutPerKey(History history)
    {
        var stored = history.Keys.ToDictionary(row => row.Key, row => row.Checkout);
        var keyed = history.Accepted.Where(call => call.Key is not null).GroupBy(call => call.Key ?? "").ToArray();
        var broken = keyed.Select(calls =>
        {
            var told = calls.Select(call => call.Checkout).Distinct().ToArray();
            if (told.Length > 1) return $"key {calls.Key} was answered with {string.Join(" and ", told)}";
            if (!stored.TryGetValue(calls.Key, out var id)) return $"key {calls.Key} got {told[0]} and is not stored";
            return told[0] == id ? null : $"key {calls.Key} got {told[0]} and is stored with {id}";
        });
        var lost = history.Keys.Where(row => !history.Rows.ContainsKey(row.Checkout))
            .Select(row => $"key {row.Key} is stored with {row.Checkout}, which is no checkout");
        return new("one checkout per key", $"{keyed.Length} keys", [.. broken.OfType<string>(), .. lost]);
    }

    /// <summary>
    /// A sale that was refused each time has no checkout but one that SumUp refused; READER_BUSY was told while one was
    /// open.
    /// </summary>
    public static Finding HonestRefusals(History history)
    {
        var busy = history.Starts.Where(call => call.Refusal is "READER_BUSY").ToArray();
        var dishonest = busy.Where(call => !WasOpen(history, call) && !WasRefused(history, call))
            .Select(call => $"{Words(call)} because of {call.Checkout}: {Life(history, call.Checkout)}");
        var refused = history.Starts.GroupBy(call => call.Sale)
            .Where(sale => sale.All(call => call.Status is >= 400 and < 500)).Select(sale => sale.Key).ToHashSet();
        var stored = history.Checkouts.Where(row => row.Sale is not null && refused.Contains(row.Sale))
            .Where(row => !history.Lives[row.Id].IsRefused())
            .Select(row => $"sale {row.Sale} was refused and has the checkout {row.Id}");
        return new("honest refusals", $"{busy.Length} busy readers, {refused.Count} refused sales",
            [.. dishonest, .. stored]);
    }

    /// <summary>What Get checkout says never goes back, never vanishes, and is what the ledger ends with.</summary>
    public static Finding OneVerdict(History history)
    {
        var reads = history.Calls
            .Where(call => call.Kind is CallKind.Read or CallKind.Wait && !call.IsUnknown).ToArray();
        return new("one verdict", $"{reads.Length} reads", [.. reads.GroupBy(call => call.Checkout).SelectMany(Look)]);

        IEnumerable<string> Look(IGrouping<Guid?, Call> checkout)
        {
            var seen = checkout.OrderBy(call => call.AskedAt).ToArray();
            var state = checkout.Key is { } id ? history.Rows.GetValueOrDefault(id)?.State : null;
            var first = seen.Where(call => call.Outcome is not null and not "pending").MinBy(call => call.AnsweredAt);
            foreach (var call in seen)
            {
                if (call.Status is not 200) yield return $"{call.Checkout} was read and answered {call.Status}";
                else if (call.Outcome is not "pending" && call.Outcome != state)
                    yield return $"{call.Checkout} was {call.Outcome} and is {state}";
                else if (call.Outcome is "pending" && first is not null && call.AskedAt > first.AnsweredAt)
                    yield return $"{call.Checkout} was {first.Outcome}, then pending";
            }
        }
    }

    /// <summary>What was terminated had been asked to be, and not before that.</summary>
    public static Finding TerminatedWhenAsked(History history)
    {
        var asked = history.Calls.Where(call => call.Kind is CallKind.End).ToLookup(call => call.Checkout);
        var terminated = history.Ledger.Where(entry => entry.Reason is "terminated").ToArray();
        return new("terminated when asked", $"{terminated.Length} terminated checkouts",
            [.. terminated.Where(entry => !asked[entry.Checkout].Any(call => call.AskedAt <= entry.At + Grain))
                .Select(entry => $"{entry.Checkout} on {entry.Reader} was terminated, and no till had asked for it")]);
    }

    /// <summary>Whatever happens to the servers, a till is never told of a bug in the program.</summary>
    public static Finding NoFault(History history) => new("no fault", $"{history.Calls.Count} answers",
        [.. history.Calls.Where(call => call.Status is 500).Select(Words)]);

    private static bool WasOpen(History history, Call call)
    {
        if (call.Checkout is not { } holder) return false;
        var life = history.Lives[holder].Where(entry => entry.Reader == call.Reader).ToArray();
        var final = life.FirstOrDefault(entry => LedgerRules.IsFinal(entry.Kind));
        return life.FirstOrDefault(entry => entry.Kind is "accepted") is { } accepted
            && accepted.At <= call.AnsweredAt + Grain
            && (final is null || final.At + LongestCommit >= call.AskedAt);
    }

    /// <summary>SumUp said that the reader is busy, and not Fleet, which knows of no checkout on it.</summary>
    private static bool WasRefused(History history, Call call) => call.Checkout is null && history.Checkouts
        .Any(row => row.Sale == call.Sale && row.Reader == call.Reader && history.Lives[row.Id].IsRefused());

    private static bool IsOf(CheckoutRow row, Call call) =>
        (row.Sale, row.Reader, row.Currency, row.Amount) == (call.Sale, call.Reader, call.Currency, call.Amount);

    private static string Words(Call call) =>
        $"sale {call.Sale} on {call.Reader} at {call.Node}, {call.AskedAt:HH:mm:ss.ffffff} to "
        + $"{call.AnsweredAt:HH:mm:ss.ffffff}, got {call.Status} {call.Refusal}".TrimEnd();

    private static string Life(History history, Guid? checkout) => checkout is not { } id ? "no checkout"
        : string.Join(", ", history.Lives[id].Select(entry => $"{entry.Kind} {entry.At:HH:mm:ss.ffffff}"));
}

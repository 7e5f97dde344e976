using Fleet.Simulator;

namespace Fleet.Torture.Checking;

/// <summary>What the devices charged is what the ledger says, to the cent and in both directions.</summary>
internal static class MoneyRules
{
    /// <summary>
    /// Every charge is a successful checkout of the same amount, and the other way round; none is charged twice.
    /// </summary>
    public static Finding Charges(History history)
    {
        var charges = history.Devices.SelectMany(device => device.Charges.Select(charge => (device, charge))).ToArray();
        var charged = charges.Select(one => one.charge.CheckoutId).ToHashSet();
        var wrong = charges.Select(one => Contradiction(history, one.device, one.charge)).OfType<string>();
        var twice = charges.GroupBy(one => one.charge.CheckoutId).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key} was charged {same.Count()} times");
        var never = history.Checkouts.Where(row => row.State is "successful" && !charged.Contains(row.Id))
            .Select(row => $"{row.Id} on {row.Reader} is successful, and no device charged it");
        return new("charges agree", $"{charges.Length} charges", [.. wrong, .. twice, .. never]);
    }

    /// <summary>Every result reached Fleet, and Fleet took it.</summary>
    public static Finding Results(History history) => new("results told", $"{history.Devices.Count} devices",
        [.. history.Devices.Where(device => device.Untold + device.Refused > 0).Select(device =>
            $"{device.Serial}: {device.Untold} results were not acknowledged, {device.Refused} were refused")]);

    /// <summary>The sums of the devices and of the ledger are the same in each currency.</summary>
    public static Finding Conservation(History history)
    {
        var taken = history.Devices.SelectMany(device => device.Charges)
            .GroupBy(charge => charge.Currency)
            .ToDictionary(same => same.Key, same => same.Sum(charge => charge.Amount + charge.Tip));
        var stored = history.Checkouts.Where(row => row.State is "successful")
            .GroupBy(row => row.Currency)
            .ToDictionary(same => same.Key, same => same.Sum(row => row.Amount + row.Tip));
        var currencies = taken.Keys.Union(stored.Keys).Order(StringComparer.Ordinal).ToArray();
        return new("sums agree",
            currencies.Length == 0 ? "no money"
                : string.Join(", ", currencies.Select(one => $"{Of(stored, one)} {one}")),
            [.. currencies.Where(one => Of(taken, one) != Of(stored, one))
                .Select(one => $"the devices took {Of(taken, one)} {one}, the ledger has {Of(stored, one)}")]);

        static long Of(Dictionary<string, long> sums, string currency) => sums.GetValueOrDefault(currency);
    }

    /// <summary>The totals that the servers kept are those of the ledger, to the cent.</summary>
    public static Finding Totals(History history) => new("totals agree",
        $"{history.Counted.Count} totals of {history.Counted.Sum(row => row.Count)} payments and refunds",
        [
            .. history.Totals.Except(history.Counted).Select(row => $"kept and not in the ledger: {row}"),
            .. history.Counted.Except(history.Totals).Select(row => $"in the ledger and not kept: {row}"),
        ]);

    private static string? Contradiction(History history, DeviceMemory device, Charge charge)
    {
        var what = $"{device.Serial} ({device.Reader}) charged {charge.Amount}+{charge.Tip} {charge.Currency}"
            + $" for {charge.CheckoutId}";
        if (!history.Rows.TryGetValue(charge.CheckoutId, out var row)) return $"{what}, which Fleet does not know";
        var same = row.Reader == device.Reader && row.State is "successful"
            && (row.Amount, row.Tip, row.Currency) == (charge.Amount, charge.Tip, charge.Currency);
        return same ? null : $"{what}, stored as {row}";
    }
}

namespace Fleet.Torture.Checking;

/// <summary>What the ledger says, what passed the proxy, and what the cloud has must agree.</summary>
internal static class CloudRules
{
    private const string Refused = "refused_by_provider";

    private static readonly TimeSpan NotBefore = TimeSpan.FromSeconds(120);

    /// <summary>
    /// A checkout is sent once, whether or not the request reached the cloud; and the cloud has it once at most.
    /// </summary>
    public static Finding OneRequest(CloudHistory history)
    {
        var sent = history.Creates.Where(creates => creates.Count() > 1).Select(creates =>
            $"{creates.Key} was sent {creates.Count()} times, and {creates.Count(call => call.Forwarded)} times to the"
            + " cloud");
        var taken = history.SalesOf.Where(sales => sales.Count() > 1).Select(sales =>
            $"{sales.Key} is {sales.Count()} payments: {string.Join(", ", sales.Select(sale => sale.Status))}");
        return new("one request per checkout", $"{history.Creates.Count} references", [.. sent, .. taken]);
    }

    /// <summary>What was sent is in the ledger, with its reader and reference.</summary>
    public static Finding SavedFirst(CloudHistory history)
    {
        var creates = history.Calls.Where(call => call.Operation is CloudOperation.Create).ToArray();
        return new("saved before it is sent", $"{creates.Length} requests", [.. creates.Select(call =>
            call.ForeignId is null ? $"call {call.Number} has no reference"
            : history.Sent[call.ForeignId].FirstOrDefault() is not { } row
                ? $"call {call.Number} sent {call.ForeignId}, and the ledger does not have it"
            : row.CloudReader != call.Reader
                ? $"{row.Id} is of {row.CloudReader} and was sent to {call.Reader}" : null).OfType<string>()]);
    }

    /// <summary>Every success in the ledger is a charge of the cloud.</summary>
    public static Finding Successes(CloudHistory history)
    {
        var successes = history.Checkouts.Where(row => row.State is "successful").ToArray();
        return new("successes are charges", $"{successes.Length} successes",
            [.. successes.Where(row => !SalesOf(history, row).Any(sale => sale.IsCharged))
                .Select(row => $"{row.Id} is successful, and the cloud has {Words(SalesOf(history, row))}")]);
    }

    /// <summary>
    /// Every charge of the cloud is in the ledger: as a success, as one that is unknown and says why, or as a claim.
    /// </summary>
    public static Finding Charges(CloudHistory history)
    {
        var charges = history.Sales.Where(sale => sale.IsCharged).ToArray();
        var broken = charges.Select(sale => history.Sent[sale.ForeignId ?? ""].FirstOrDefault() switch
        {
            null => $"the cloud charged {sale.CheckoutId} for {sale.ForeignId}, and the ledger does not have it",
            { State: "successful" } or { IsUnknown: true } or { ChargeClaimed: true } => null,
            var row => $"the cloud charged {sale.ForeignId}, stored as {row}",
        });
        return new("charges are known", $"{charges.Length} charges", [.. broken.OfType<string>()]);
    }

    /// <summary>Amount, tip and currency of a success are those that the cloud charged.</summary>
    public static Finding Amounts(CloudHistory history)
    {
        var pairs = (from row in history.Checkouts
                     where row.State is "successful"
                     from sale in SalesOf(history, row)
                     where sale.IsCharged
                     select (row, sale)).ToArray();
        var sums = pairs.GroupBy(pair => pair.sale.Currency).OrderBy(same => same.Key, StringComparer.Ordinal)
            .Select(same => $"{same.Sum(pair => pair.sale.Amount + pair.sale.Tip)} {same.Key}").ToArray();
        return new("amounts and tips agree", sums.Length == 0 ? "no money" : string.Join(", ", sums),
            [.. pairs.Where(pair => (pair.row.Currency, pair.row.Amount, pair.row.Tip)
                    != (pair.sale.Currency, pair.sale.Amount, pair.sale.Tip))
                .Select(pair => $"the cloud charged {Words(pair.sale)}, stored as {pair.row}")]);
    }

    /// <summary>Every checkout has ended, or is unknown; both with a reason.</summary>
    public static Finding Ends(CloudHistory history) => new("ends, or says why not",
        string.Join(", ", history.Checkouts.CountBy(row => row.State)
            .OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Value} {one.Key}")),
        [.. history.Checkouts.Select(row => row switch
        {
            { State: "successful" } or { IsUnknown: true } => null,
            { State: "failed" or "cancelled", Reason: not null } => null,
            { State: "failed" or "cancelled" } => $"{row.Id} is {row.State} and does not say why",
            _ => $"{row.Id} is {row.State} and has no doubt",
        }).OfType<string>()]);

    /// <summary>What a till was told that the cloud refused, the cloud did not take.</summary>
    public static Finding Refusals(CloudHistory history)
    {
        var refused = history.Checkouts.Where(row => row.Reason is Refused && row.ForeignId is not null).ToArray();
        return new("refusals are refusals", $"{refused.Length} refused", [.. refused
            .Where(row => SalesOf(history, row).Any()
                || history.Creates[row.ForeignId ?? ""].Any(call => call.IsAccepted))
            .Select(row => $"{row.Id} is refused, and the cloud has {Words(SalesOf(history, row))}")]);
    }

    /// <summary>
    /// What the cloud does not have is given up after two minutes, and holds its reader not much longer.
    /// </summary>
    public static Finding GivenUp(CloudHistory history)
    {
        var given = history.Checkouts.Where(row => row.IsNotStarted).ToArray();
        return new("given up in time", $"{given.Length} not started", [.. given
            .Where(row => row.EndedAt - row.SentAt is not { } held
                || held < NotBefore || held > history.Plan.LongestHold)
            .Select(row =>
                $"{row.Id} was sent at {row.SentAt:HH:mm:ss.fff} and given up at {row.EndedAt:HH:mm:ss.fff}")]);
    }

    /// <summary>
    /// The cloud's ids that the ledger has are those of the payment with its reference, or those that a phantom was
    /// answered.
    /// </summary>
    public static Finding Ids(CloudHistory history)
    {
        var known = history.Checkouts.Where(row => row.CheckoutId is not null || row.ClientId is not null).ToArray();
        return new("ids are the cloud's", $"{known.Length} checkouts", [.. known
            .Where(row => !history.Creates[row.ForeignId ?? ""].Select(call => (call.CheckoutId, call.ClientId))
                .Concat(SalesOf(history, row).Select(sale => ((string?)sale.CheckoutId, (string?)sale.ClientId)))
                .Any(told => (row.CheckoutId is null || row.CheckoutId == told.Item1)
                    && (row.ClientId is null || row.ClientId == told.Item2)))
            .Select(row => $"{row.Id} has the ids {row.CheckoutId} and {row.ClientId}, which are not of its payment")]);
    }

    private static IEnumerable<CloudSale> SalesOf(CloudHistory history, CloudRow row) =>
        row.ForeignId is { } reference ? history.SalesOf[reference] : [];

    private static string Words(IEnumerable<CloudSale> sales) =>
        string.Join(" and ", sales.Select(Words)) is { Length: > 0 } words ? words : "nothing of it";

    private static string Words(CloudSale sale) =>
        $"{sale.Status} {sale.Amount}+{sale.Tip} {sale.Currency} for {sale.ForeignId}";
}

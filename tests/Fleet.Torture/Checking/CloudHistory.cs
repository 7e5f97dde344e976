namespace Fleet.Torture.Checking;

/// <summary>Everything that is known of a run against a stand-in of SumUp's cloud, from all sides.</summary>
internal sealed class CloudHistory
{
    public required CloudPlan Plan { get; init; }

    /// <summary>The checkouts as the ledger has them at the end.</summary>
    public required IReadOnlyList<CloudRow> Checkouts { get; init; }

    /// <summary>The calls as they passed the proxy.</summary>
    public required IReadOnlyList<CloudCall> Calls { get; init; }

    /// <summary>The payments as the cloud has them at the end.</summary>
    public required IReadOnlyList<CloudSale> Sales { get; init; }

    /// <summary>The creates that arrived at the proxy, by reference.</summary>
    public ILookup<string, CloudCall> Creates => field ??= Calls
        .Where(call => call.Operation is CloudOperation.Create && call.ForeignId is not null)
        .ToLookup(call => call.ForeignId ?? "");

    /// <summary>The cloud's payments, by reference.</summary>
    public ILookup<string, CloudSale> SalesOf => field ??=
        Sales.Where(sale => sale.ForeignId is not null).ToLookup(sale => sale.ForeignId ?? "");

    /// <summary>The ledger's checkouts that may have been sent, by reference.</summary>
    public ILookup<string, CloudRow> Sent => field ??=
        Checkouts.Where(row => row.ForeignId is not null).ToLookup(row => row.ForeignId ?? "");
}

/// <summary>
/// What must have happened; a run in which less did has shown nothing. Of each there must be one at least, whatever is
/// planned.
/// </summary>
internal sealed record CloudPlan
{
    /// <summary>Checkouts that the cloud took.</summary>
    public int Accepted { get; init; } = 1;

    /// <summary>Successes in the ledger.</summary>
    public int Successes { get; init; } = 1;

    /// <summary>Calls with a fault.</summary>
    public int Faults { get; init; } = 1;

    /// <summary>How often each kind of fault happened; kinds that are not in it need not happen.</summary>
    public IReadOnlyDictionary<CloudFault, int> Kinds { get; init; } = new Dictionary<CloudFault, int>();

    /// <summary>The most checkouts that may be unknown at the end; all other numbers are the least.</summary>
    public int MostUnknown { get; init; }

    /// <summary>The least checkouts that ended because the cloud did not have them.</summary>
    public int NotStarted { get; init; }

    /// <summary>How long such a checkout may hold its reader: two minutes, and what reads take that fail.</summary>
    public TimeSpan LongestHold { get; init; } = TimeSpan.FromMinutes(4);
}

/// <summary>One row of the table <c>checkout</c>, with its attempt at the cloud.</summary>
/// <param name="Id">The checkout's.</param>
/// <param name="Reader">Fleet's id of the reader.</param>
/// <param name="State">accepted, started, successful, failed or cancelled.</param>
/// <param name="Reason">Why it ended without a payment.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">Minor units, without the tip.</param>
/// <param name="Tip">Minor units.</param>
/// <param name="ForeignId">The reference of the attempt; null when there was none.</param>
/// <param name="CloudReader">The cloud's id of the reader.</param>
/// <param name="CheckoutId">The cloud's id of the checkout, if it was learnt.</param>
/// <param name="ClientId">The cloud's id of the transaction, if it was learnt.</param>
/// <param name="Doubt">Why it is, or was to the end, not known what the cloud did.</param>
/// <param name="ChargeClaimed">Whether a claim says that the card was charged, against the ledger.</param>
/// <param name="SentAt">When the attempt was permitted.</param>
/// <param name="EndedAt">When it ended.</param>
internal sealed record CloudRow(
    Guid Id, string Reader, string State, string? Reason, string Currency, long Amount, long Tip = 0,
    string? ForeignId = null, string? CloudReader = null, string? CheckoutId = null, string? ClientId = null,
    string? Doubt = null, bool ChargeClaimed = false, DateTimeOffset? SentAt = null, DateTimeOffset? EndedAt = null)
{
    /// <summary>Whether it ended because the cloud did not have it.</summary>
    public bool IsNotStarted => Reason is "not_started";

    /// <summary>Whether it is open, and the ledger says why its result is not known.</summary>
    public bool IsUnknown => State is "started" && Doubt is not null;
}

/// <summary>One payment as the cloud has it.</summary>
/// <param name="CheckoutId">The cloud's id.</param>
/// <param name="ClientId">The cloud's id of the transaction.</param>
/// <param name="ForeignId">The reference with which it was created.</param>
/// <param name="Status">PENDING, SUCCESSFUL, FAILED, CANCELLED or REFUNDED.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">Minor units, without the tip.</param>
/// <param name="Tip">Minor units.</param>
internal sealed record CloudSale(
    string CheckoutId, string ClientId, string? ForeignId, string Status, string Currency, long Amount, long Tip = 0)
{
    public bool IsCharged => Status is "SUCCESSFUL" or "REFUNDED";
}

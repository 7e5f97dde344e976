using Fleet.Simulator;

namespace Fleet.Torture.Checking;

/// <summary>
/// Everything that is known of one run, from all sides: what the rules of the checker are asked about.
/// </summary>
internal sealed class History
{
    public required Plan Plan { get; init; }

    /// <summary>What the ledger says happened.</summary>
    public required IReadOnlyList<Entry> Ledger { get; init; }

    /// <summary>The checkouts as the ledger has them at the end.</summary>
    public required IReadOnlyList<CheckoutRow> Checkouts { get; init; }

    /// <summary>The idempotency keys and what they were used for.</summary>
    public required IReadOnlyList<KeyRow> Keys { get; init; }

    /// <summary>What the tills asked and were told.</summary>
    public required IReadOnlyList<Call> Calls { get; init; }

    /// <summary>The events of the outbox at the end.</summary>
    public required IReadOnlyList<EventRow> Events { get; init; }

    /// <summary>The totals that the servers kept.</summary>
    public required IReadOnlyList<TotalRow> Totals { get; init; }

    /// <summary>The same, counted from the checkouts.</summary>
    public required IReadOnlyList<TotalRow> Counted { get; init; }

    /// <summary>What receivers were told.</summary>
    public required IReadOnlyList<Post> Posts { get; init; }

    /// <summary>What the devices remember.</summary>
    public required IReadOnlyList<DeviceMemory> Devices { get; init; }

    /// <summary>What was done to the servers.</summary>
    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>The ledger by checkout; entries of one reader are taken in the order of their versions.</summary>
    public ILookup<Guid, Entry> Lives => field ??= Ledger
        .OrderBy(entry => entry.Reader, StringComparer.Ordinal).ThenBy(entry => entry.Version)
        .ToLookup(entry => entry.Checkout);

    public IReadOnlyDictionary<Guid, CheckoutRow> Rows => field ??= Checkouts.ToDictionary(row => row.Id);

    public IEnumerable<Call> Starts => Calls.Where(call => call.Kind is CallKind.Start);

    public IEnumerable<Call> Accepted => Starts.Where(call => call.Status is 201);
}

/// <summary>The least that must have happened; a run in which less did has shown nothing.</summary>
internal sealed record Plan
{
    /// <summary>Checkouts accepted.</summary>
    public int Accepted { get; init; }

    /// <summary>Cards charged, by the devices' journals.</summary>
    public int Charges { get; init; }

    /// <summary>Readers that took a checkout.</summary>
    public int Readers { get; init; }

    /// <summary>Requests repeated with the key of an earlier attempt.</summary>
    public int Repeats { get; init; }

    /// <summary>Refusals because a reader was busy.</summary>
    public int Busy { get; init; }

    /// <summary>Outcomes that have a receiver.</summary>
    public int Events { get; init; }

    /// <summary>Webhooks beyond the first of each event.</summary>
    public int Retold { get; init; }

    /// <summary>Attempts that an event has after a failed first one; no minimum, but a setting of the nodes.</summary>
    public int Retries { get; init; }

    /// <summary>How often each kind of fault happened.</summary>
    public IReadOnlyDictionary<FaultKind, int> Faults { get; init; } = new Dictionary<FaultKind, int>();
}

/// <summary>One row of the table <c>ledger</c>.</summary>
internal sealed record Entry(
    string Reader, long Version, string Kind, Guid Checkout, DateTimeOffset At, string Node, string? Reason = null);

/// <summary>One row of the table <c>checkout</c>. The sale is what the till wrote into its description.</summary>
internal sealed record CheckoutRow(
    Guid Id, string Reader, string State, string? Sale, string Currency, long Amount, long Tip = 0,
    Guid ClientId = default, string? ReturnUrl = null);

/// <summary>One row of the table <c>idempotency</c>.</summary>
internal sealed record KeyRow(string Key, Guid Checkout);

/// <summary>A count and its sums; amounts in minor units.</summary>
internal sealed record TotalRow(
    string Merchant, string Day, string Store, string Currency, string Kind, long Count, long Amount, long Tips);

/// <summary>The journal of one device.</summary>
/// <param name="Serial">The device.</param>
/// <param name="Reader">The reader it is.</param>
/// <param name="Charges">Every card it charged.</param>
/// <param name="Untold">Results that Fleet has not acknowledged.</param>
/// <param name="Refused">Results that Fleet would not take.</param>
internal sealed record DeviceMemory(
    string Serial, string? Reader, IReadOnlyList<Charge> Charges, int Untold = 0, int Refused = 0);

internal enum CallKind
{
    /// <summary>Create checkout.</summary>
    Start,

    /// <summary>Get checkout.</summary>
    Read,

    /// <summary>Get checkout, as soon as there is an outcome.</summary>
    Wait,

    /// <summary>Terminate.</summary>
    End,
}

/// <summary>One request of a till, with the answer if there was one.</summary>
internal sealed record Call
{
    public required CallKind Kind { get; init; }

    /// <summary>
    /// The till's name of the sale. One sale may take several requests, and must lead to one checkout.
    /// </summary>
    public required string Sale { get; init; }

    public required string Reader { get; init; }

    /// <summary>Which node was asked.</summary>
    public required string Node { get; init; }

    public string? Key { get; init; }

    public string? Currency { get; init; }

    public long Amount { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>When the answer was there, or the till stopped waiting for it.</summary>
    public required DateTimeOffset AnsweredAt { get; init; }

    /// <summary>Null when there was no answer: then the request may or may not have been carried out.</summary>
    public int? Status { get; init; }

    /// <summary>Of a refusal: <c>READER_BUSY</c> and the like.</summary>
    public string? Refusal { get; init; }

    /// <summary>The checkout accepted, read, or to be ended; of a refusal, the one that holds the reader.</summary>
    public Guid? Checkout { get; init; }

    /// <summary>What was read: <c>pending</c> and the like.</summary>
    public string? Outcome { get; init; }

    /// <summary>Whether the answer said of itself that it is a problem (RFC 9457).</summary>
    public bool IsProblem { get; init; }

    /// <summary>Seconds after which to ask again, if the answer said so.</summary>
    public double? RetryAfter { get; init; }

    /// <summary>Whether the answer leaves open what became of the request.</summary>
    public bool IsUnknown => Status is null or >= 500;
}

internal enum FaultKind
{
    /// <summary>kill -9 of a node.</summary>
    NodeKilled,

    /// <summary>SIGSTOP of a node, and SIGCONT later.</summary>
    NodeFrozen,

    /// <summary>SIGTERM of a node.</summary>
    NodeDrained,

    /// <summary>PostgreSQL ended without a goodbye.</summary>
    DatabaseKilled,
}

/// <summary>Something that was done to the servers on purpose.</summary>
internal sealed record Fault(FaultKind Kind, string What, DateTimeOffset At);

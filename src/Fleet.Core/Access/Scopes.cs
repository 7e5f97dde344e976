namespace Fleet.Core.Access;

/// <summary>What a key may do.</summary>
[Flags]
public enum Scopes
{
    None = 0,
    ReadersRead = 1,
    ReadersWrite = 2,
    TransactionsRead = 4,
    ReceiptsRead = 8,
    RefundsWrite = 16,

    /// <summary>Sending webhooks again, and testing receivers.</summary>
    WebhooksWrite = 32,

    /// <summary>Reading checkouts.</summary>
    CheckoutsRead = 64,

    /// <summary>Starting and ending checkouts.</summary>
    CheckoutsWrite = 128,

    /// <summary>Stores, their boards, and the state of the fleet.</summary>
    FleetRead = 256,

    /// <summary>Stores and keys, and the audit.</summary>
    Admin = 512,

    /// <summary>Recording the outcome of a payment whose device cannot report it any more.</summary>
    OutcomesWrite = 1_024,

    /// <summary>Making and moving virtual readers of a sandbox merchant.</summary>
    TestsWrite = 2_048,

    /// <summary>Assigning and resolving incidents, and writing notes about them.</summary>
    IncidentsWrite = 4_096,

    All = ReadersRead | ReadersWrite | TransactionsRead | ReceiptsRead | RefundsWrite | WebhooksWrite | CheckoutsRead
        | CheckoutsWrite | FleetRead | Admin | OutcomesWrite | TestsWrite | IncidentsWrite,
}

/// <summary>The words for scopes.</summary>
public static class ScopeWords
{
    private static readonly (Scopes Scope, string Word)[] Words =
    [
        (Scopes.ReadersRead, "readers.read"), (Scopes.ReadersWrite, "readers.write"),
        (Scopes.CheckoutsRead, "checkouts.read"), (Scopes.CheckoutsWrite, "checkouts.write"),
        (Scopes.TransactionsRead, "transactions.read"), (Scopes.ReceiptsRead, "receipts.read"),
        (Scopes.RefundsWrite, "refunds.write"), (Scopes.OutcomesWrite, "outcomes.write"),
        (Scopes.WebhooksWrite, "webhooks.write"),
        (Scopes.FleetRead, "fleet.read"), (Scopes.IncidentsWrite, "incidents.write"),
        (Scopes.TestsWrite, "tests.write"), (Scopes.Admin, "admin"),
    ];

    /// <summary>The words of some scopes, one word for each. Reading them back gives the same scopes.</summary>
    public static IEnumerable<string> WordsOf(Scopes scopes) =>
        Words.Where(one => scopes.HasFlag(one.Scope)).Select(one => one.Word);

    /// <summary>The one scope that a word names; null when there is none.</summary>
    public static Scopes? FindExact(string word) =>
        Array.Find(Words, one => one.Word == word) is { Word: not null } known ? known.Scope : null;

    /// <summary>The scopes of a text that has the words of some scopes, with spaces between them.</summary>
    public static Scopes ReadAll(string words) => words.Split(' ')
        .Aggregate(Scopes.None, (scopes, word) => scopes | FindExact(word).GetValueOrDefault());

    /// <summary>
    /// The scopes that a word means at SumUp, older words included: a key that may manage readers may also manage
    /// checkouts.
    /// </summary>
    public static Scopes? AsSumUp(string word) => word switch
    {
        "readers.read" or "terminals.read" => Scopes.ReadersRead | Scopes.CheckoutsRead,
        "readers.write" or "terminals.write" => Scopes.ReadersWrite | Scopes.CheckoutsWrite,
        "transactions.history" => Scopes.TransactionsRead,
        "payments" => Scopes.RefundsWrite,
        _ => FindExact(word),
    };
}

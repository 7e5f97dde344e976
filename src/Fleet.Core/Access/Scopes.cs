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

    /// <summary>Looking after the merchant's webhooks.</summary>
    WebhooksWrite = 32,

    /// <summary>Looking at checkouts.</summary>
    CheckoutsRead = 64,

    /// <summary>Starting and ending them.</summary>
    CheckoutsWrite = 128,

    /// <summary>Stores, their boards, and the state of the fleet.</summary>
    FleetRead = 256,

    /// <summary>Stores and keys, and the audit.</summary>
    Admin = 512,

    /// <summary>Recording the outcome of a payment whose device cannot tell it any more.</summary>
    OutcomesWrite = 1_024,

    All = ReadersRead | ReadersWrite | TransactionsRead | ReceiptsRead | RefundsWrite | WebhooksWrite | CheckoutsRead
        | CheckoutsWrite | FleetRead | Admin | OutcomesWrite,
}

/// <summary>Scopes as they are written.</summary>
public static class ScopeWords
{
    private static readonly (Scopes Scope, string Word)[] Words =
    [
        (Scopes.ReadersRead, "readers.read"), (Scopes.ReadersWrite, "readers.write"),
        (Scopes.CheckoutsRead, "checkouts.read"), (Scopes.CheckoutsWrite, "checkouts.write"),
        (Scopes.TransactionsRead, "transactions.read"), (Scopes.ReceiptsRead, "receipts.read"),
        (Scopes.RefundsWrite, "refunds.write"), (Scopes.OutcomesWrite, "outcomes.write"),
        (Scopes.WebhooksWrite, "webhooks.write"),
        (Scopes.FleetRead, "fleet.read"), (Scopes.Admin, "admin"),
    ];

    /// <summary>The words of some scopes, each its own: what is written and read back is the same.</summary>
    public static IEnumerable<string> WordsOf(Scopes scopes) =>
        Words.Where(one => scopes.HasFlag(one.Scope)).Select(one => one.Word);

    /// <summary>The scope of a word, and no other; null when there is none.</summary>
    public static Scopes? FindExact(string word) =>
        Array.Find(Words, one => one.Word == word) is { Word: not null } known ? known.Scope : null;

    /// <summary>
    /// The same as SumUp means it, and with its older words: who looks after readers also sees to their checkouts.
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

namespace Fleet.Core.Errors;

/// <summary>Why a store has no reader for a till, or is not changed.</summary>
public static class StoreErrors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("NO_READER", 422, "no-reader", "No Reader", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.NoReader,
            Sentence = "No reader of this store fits what was asked for.",
            Till = "Use another till: this store has no reader that fits.",
            Operator = "'fleet readers list' shows which there are, with their tags.",
            Developer = "Ask for less in `route`; waiting would not help.",
        },
        new("NO_FREE_READER", 422, "no-free-reader", "No Free Reader", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.NoFreeReader,
            Sentence = "Of the readers that fit {busy} are busy and {offline} offline.",
            Till = "Wait until a reader is free, and try again.",
            Operator = "--queue-for 60 waits for one.",
            Developer = "Set `queue_for` to wait for one; `busy` and `offline` say why none is free.",
        },
        new("QUEUE_FULL", 422, "queue-full", "Queue Full", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.QueueFull,
            Sentence = "The queue for a reader of this store is full.",
            Till = "Try again in a minute: many tills wait in this store already.",
            Operator = "'fleet top' shows what the readers are busy with.",
            Developer = "Try again later; the store needs more readers if it happens often.",
        },
        new("QUEUE_TIMEOUT", 422, "queue-timeout", "Queue Timeout", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.QueueTimeout,
            Sentence = "No reader became free in time, and nothing was accepted.",
            Till = "Try again: nothing was charged.",
            Operator = "'fleet top' shows what the readers are busy with.",
            Developer = "Ask again, or with a longer `queue_for`; 300 seconds are the most.",
        },
        new("STORE_EXISTS", 409, "conflict", "Conflict", RpcCode.AlreadyExists)
        {
            Refusal = RefusalCode.StoreExists,
            Sentence = "There is a store of this id already.",
            Till = "Use the store that exists.",
            Operator = "'fleet stores rename' gives it another name.",
            Developer = "Use the store that exists, or choose another id.",
        },
        new("STORE_NOT_EMPTY", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.StoreNotEmpty,
            Sentence = "The store still has readers; move or unpair them first.",
            Till = "Leave the store as it is: it has readers.",
            Operator = "'fleet readers list --store' names them, 'fleet readers move' brings them elsewhere.",
            Developer = "Move or unpair all readers of the store, then retire it.",
        },
    ];
}

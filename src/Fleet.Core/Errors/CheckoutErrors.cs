namespace Fleet.Core.Errors;

/// <summary>Why a checkout is not started or not terminated.</summary>
public static class CheckoutErrors
{
    /// <summary>What is told of a sale whose checkout ended in doubt.</summary>
    public const string DoubtfulSale = "An earlier payment with this foreign_transaction_id may have been charged: "
        + "look it up, and use a new foreign_transaction_id only after it is settled.";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("READER_BUSY", 422, "reader-busy", "Reader Busy", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ReaderBusy,
            Sentence = "There is a pending checkout for the device.",
            Till = "Wait for the end of the payment on the reader, or terminate it.",
            Operator = "'fleet why CHECKOUT' says what it is busy with, 'fleet checkout terminate CHECKOUT' ends it.",
            Developer = "Read the checkout that `checkout_id` names; it ends by `busy_until`, where that is given.",
        },
        new("READER_OFFLINE", 422, "reader-offline", "Reader Offline", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ReaderOffline,
            Sentence = "The device is offline.",
            Till = "See whether the reader is switched on and has a network.",
            Operator = "See whether it has power and a network; 'fleet readers watch' says when it is back.",
            Developer = "Nothing was accepted: offer another reader, or try again when its status is `ONLINE`.",
        },
        new("DUPLICATE_TRANSACTION", 422, "duplicate-transaction", "Duplicate Transaction", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.DuplicateTransaction,
            Sentence = "A checkout with this foreign_transaction_id was paid, may have been paid, or is still open.",
            Till = "Do not charge again: look at the first payment of this sale.",
            Operator = "'fleet why CHECKOUT' says what became of the sale.",
            Developer = "Read the checkout that `checkout_id` names; a new sale needs a new `foreign_transaction_id`.",
        },
        new("IDEMPOTENCY_KEY_REUSED", 422, "unprocessable-entity", "Unprocessable Entity", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.KeyReused,
            Sentence = "This Idempotency-Key was used for another request.",
            Till = "Begin the sale again.",
            Operator = "Repeat it without --idempotency-key, or with a new one.",
            Developer = "Make a new key for each sale; repeat a key only with the same reader and the same body.",
        },
        new("CLIENT_TRANSACTION_ID_REUSED", 422, "unprocessable-entity", "Unprocessable Entity",
            RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.CallersIdReused,
            Sentence = "This client_transaction_id was used for another payment.",
            Till = "Begin the sale again.",
            Operator = "'fleet why CHECKOUT' says what became of the first payment.",
            Developer = "Make a new id for each payment; repeat an id only with the same reader and the same body.",
        },
        new("CHECKOUT_NOT_OPEN", 422, "unprocessable-entity", "Unprocessable Entity", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.CheckoutNotOpen,
            Sentence = "The named checkout is not the one that is open on the reader.",
            Till = "The payment is over: look at its outcome.",
            Operator = "It is over: 'fleet why CHECKOUT' says how.",
            Developer = "Read the checkout instead of terminating it.",
        },
        new("PROVIDER_REFUSED", 422, "provider-refused", "Provider Refused", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ProviderRefused,
            Sentence = "SumUp refused it: {why}.",
            Till = "Nothing was charged: have the connection of this merchant with SumUp checked.",
            Operator = "'unauthorized' and 'forbidden' mean that SumUp does not accept the merchant's API key, and "
                + "'not-found' that it does not have the reader.",
            Developer = "Nothing was accepted: see what SumUp's word means, and try again after it is corrected.",
        },
        new("PROVIDER_UNAVAILABLE", 422, "provider-unavailable", "Provider Unavailable", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ProviderUnavailable,
            Sentence = "SumUp could not be reached, and nothing was sent to it.",
            Till = "Try again in a moment: nothing was charged.",
            Operator = "See whether the nodes can reach SumUp: a firewall or a name server may be in the way.",
            Developer = "Nothing was accepted: send the request again after a moment.",
        },
        new("OUTCOME_UNKNOWN", 503, "outcome-unknown", "Outcome Unknown", RpcCode.Unavailable)
        {
            Refusal = RefusalCode.OutcomeUnknown,
            Sentence = "It is not known yet whether SumUp took the checkout, because it did not answer clearly.",
            Till = "Look at the reader before you charge again: it may show the payment.",
            Operator = "'fleet why CHECKOUT' says what SumUp answered, and what is known by now.",
            Developer = "Read the checkout that `checkout_id` names until it is final, or repeat the request with the "
                + "same `Idempotency-Key`; the reader takes no other checkout before.",
        },
    ];
}

namespace Fleet.Core.Errors;

/// <summary>Why an outcome is not recorded, or nothing is given back.</summary>
public static class OutcomeErrors
{
    /// <summary>A payment that was to be answered with its outcome failed.</summary>
    public static readonly ErrorEntry PaymentFailed =
        new("PAYMENT_FAILED", 422, "payment-failed", "Payment Failed", RpcCode.FailedPrecondition)
        {
            Sentence = "The payment {id} failed ({reason}): {advice}.",
            Till = "Do what the sentence says; if the card may have been charged, it says that.",
            Operator = "'fleet why CHECKOUT' says how it came to that.",
            Developer = "Make a new `client_transaction_id` for the next attempt; the old one keeps this answer.",
        };

    /// <summary>The same, and it was cancelled.</summary>
    public static readonly ErrorEntry PaymentCancelled = PaymentFailed with
    {
        Code = "PAYMENT_CANCELLED",
        Slug = "payment-cancelled",
        Title = "Payment Cancelled",
        Sentence = "The payment {id} was cancelled ({reason}): {advice}.",
    };

    /// <summary>A payment that was to be answered with its outcome has none yet.</summary>
    public static readonly ErrorEntry PaymentPending =
        new("PAYMENT_PENDING", 504, "gateway-timeout", "Payment Pending", RpcCode.DeadlineExceeded)
        {
            Sentence = "The payment {id} has not ended, or its outcome is not known yet.",
            Till = "Ask again for the outcome; do not charge again.",
            Operator = "'fleet why CHECKOUT' says what the payment waits for.",
            Developer = "Repeat the request as it is: it goes on waiting for the same payment and starts no other.",
        };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        PaymentFailed,
        PaymentCancelled,
        PaymentPending,
        new("READER_ONLINE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ReaderOnline,
            Sentence = "The device is connected and reports the outcome itself; terminate the checkout instead.",
            Till = "Terminate the payment and read what the reader answers.",
            Operator = "'fleet checkout terminate CHECKOUT' ends it.",
            Developer = "Terminate the checkout; record an outcome only when the device is gone for ever.",
        },
        new("CHECKOUT_NOT_STARTED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.CheckoutNotStarted,
            Sentence = "The checkout has not started, so nothing was charged; terminate it instead.",
            Till = "Terminate the payment: no card was taken.",
            Operator = "'fleet checkout terminate CHECKOUT' ends it.",
            Developer = "Terminate the checkout; only a started one can have an outcome to record.",
        },
        new("CHECKOUT_FINAL", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.CheckoutFinal,
            Sentence = "The checkout has its outcome, which never changes.",
            Till = "Read the outcome of the payment.",
            Operator = "'fleet why CHECKOUT' says how it ended.",
            Developer = "Read the checkout; correct a charge that is wrong with a refund.",
        },
        new("TOO_EARLY_TO_RECORD", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.TooEarlyToRecord,
            Sentence = "It may still become known by itself; this is possible 5 minutes after it began.",
            Till = "Wait: the payment or the refund may still end by itself.",
            Operator = "'fleet why CHECKOUT' says when it began; try again 5 minutes after that.",
            Developer = "Release a checkout, or record a refund, 5 minutes after it began at the earliest.",
        },
        new("CLAIM_TOO_SOON", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.ClaimTooSoon,
            Sentence = "The device has claimed too many different things about this checkout.",
            Till = "Do nothing: the reader repeats its claim by itself.",
            Operator = "'fleet why CHECKOUT' shows the claims; compare each of them with what was really charged.",
            Developer = "No caller gets this error: the device gets no answer, and sends its newest claim again.",
        },
        new("NOT_REFUNDABLE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.NotRefundable,
            Sentence = "The transaction is not refundable in its current state.",
            Till = "Give nothing back: nothing was charged, or all of it was given back already.",
            Operator = "'fleet why CHECKOUT' shows what was charged and what was given back.",
            Developer = "Read the transaction first; it can be refunded in at most 100 parts.",
        },
        new("REFUNDED_ELSEWHERE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.RefundedElsewhere,
            Sentence = "Fleet has no connection to the processor of this card; refund it where it was charged.",
            Till = "Refund it where the card was charged.",
            Operator = "Refund it with the processor that charged the card.",
            Developer = "Refund payments of virtual readers, and those that SumUp charged for a linked merchant, only.",
        },
        new("REFUND_PENDING", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.RefundPending,
            Sentence = "Another refund of this payment is under way at SumUp.",
            Till = "Wait a minute, then look at what was given back before you refund again.",
            Operator = "'fleet why CHECKOUT' shows the refund; compare it with the payment at SumUp when it stays.",
            Developer = "Repeat the first request with its `Idempotency-Key`, or read the transaction until it has it.",
        },
        new("REFUND_NOT_PENDING", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.RefundNotPending,
            Sentence = "No refund of this payment is pending.",
            Till = "Look at what was given back.",
            Operator = "'fleet why CHECKOUT' shows what became of its refunds.",
            Developer = "Read the transaction: it has the refunds that were made.",
        },
        new("REFUND_UNKNOWN", 503, "outcome-unknown", "Outcome Unknown", RpcCode.Unavailable)
        {
            Refusal = RefusalCode.RefundUnknown,
            Sentence = "It is not known yet whether SumUp makes the refund; Fleet goes on to find out.",
            Till = "Do not refund again: look at the payment in a minute.",
            Operator = "'fleet why CHECKOUT' says what is known by now.",
            Developer = "Repeat the request with the same `Idempotency-Key`, or read the transaction after a minute.",
        },
        new("INVALID_AMOUNT", 422, "unprocessable-entity", "Unprocessable Entity", RpcCode.InvalidArgument)
        {
            Refusal = RefusalCode.RefundTooLarge,
            Sentence = "Amount exceeds the refundable amount.",
            Till = "Give back at most what is left.",
            Operator = "'fleet why CHECKOUT' shows what was charged and what was given back.",
            Developer = "Ask for at most `max_refundable_amount`, or leave out the amount for all that is left.",
        },
    ];
}

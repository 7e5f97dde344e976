namespace Fleet.Core.Errors;

/// <summary>Why a merchant starts no payment, or is not made or changed.</summary>
public static class MerchantErrors
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("MERCHANT_SUSPENDED", 422, "merchant-suspended", "Merchant Suspended", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.MerchantSuspended,
            Sentence = "This merchant is suspended: no new payment is started.",
            Till = "Take another way to pay; nothing was charged.",
            Operator = "'fleet merchants show' says why, 'fleet merchants resume' ends it.",
            Developer = "Trying again does not help until the merchant is resumed.",
        },
        new("CURRENCY_NOT_TAKEN", 422, "currency-not-taken", "Currency Not Taken", RpcCode.InvalidArgument)
        {
            Refusal = RefusalCode.CurrencyNotTaken,
            Sentence = "This merchant takes {currency} only.",
            Till = "Have the till's currency corrected; nothing was charged.",
            Operator = "'fleet merchants update --currency' changes it.",
            Developer = "Send the amount in the merchant's currency.",
        },
        new("AMOUNT_OVER_LIMIT", 422, "amount-over-limit", "Amount Over Limit", RpcCode.InvalidArgument)
        {
            Refusal = RefusalCode.AmountOverLimit,
            Sentence = "The amount is larger than the largest of this merchant, {amount}.",
            Till = "Check the amount; nothing was charged.",
            Operator = "'fleet merchants update --largest-amount' changes the limit.",
            Developer = "Ask for at most the merchant's largest amount.",
        },
        new("MERCHANT_EXISTS", 409, "conflict", "Conflict", RpcCode.AlreadyExists)
        {
            Refusal = RefusalCode.MerchantExists,
            Sentence = "There is a merchant of this code already.",
            Till = "Have the merchant code checked.",
            Operator = "'fleet merchants show' tells it, 'fleet merchants update' changes it.",
            Developer = "Use the merchant that exists.",
        },
        new("MERCHANT_CONFIGURED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.MerchantConfigured,
            Sentence = "This merchant is in the configuration, so it is not changed over the API.",
            Till = "Have the operator change it.",
            Operator = "Change Fleet:Merchants in the configuration, and start the nodes again.",
            Developer = "Only merchants whose source is `api` can be changed.",
        },
        new("MERCHANT_CHANGED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.MerchantChanged,
            Sentence = "The merchant was changed meanwhile.",
            Till = "Have the operator change it.",
            Operator = "Read it again with 'fleet merchants show', and repeat the change if it is still wanted.",
            Developer = "Read the merchant again, and send its newest `revision`.",
        },
    ];
}

using Fleet.Core.Readers;

namespace Fleet.Core.Errors;

/// <summary>Why a device is not paired.</summary>
public static class PairingErrors
{
    private static readonly double Gone = PairingRules.GoneFor.TotalSeconds;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        new("PAIRING_CODE_UNKNOWN", 404, "not-found", "Not Found", RpcCode.NotFound)
        {
            Refusal = RefusalCode.PairingCodeUnknown,
            Sentence = "No device shows this pairing code. "
                + "A code is good for 5 minutes: read it again from the screen.",
            Till = "Read the code on the reader's screen again and type it in.",
            Operator = "Read the code on the reader's screen again: it changes every 5 minutes.",
            Developer = "Ask for the code again; 20 wrong codes in 5 minutes lock the key out of pairing.",
        },
        new("READER_NOT_PENDING", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.PairingCodeUsed,
            Sentence = "The device that showed this pairing code no longer waits for it.",
            Till = "Use the code that the reader shows now.",
            Operator = "Switch the device off and on: it shows a new code.",
            Developer = "Ask for the code that the device shows now; a code pairs once.",
        },
        new("DEVICE_CONNECTED", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.DeviceConnected,
            Sentence = "This device is connected as {reader}. "
                + $"Delete that reader, or disconnect the device for {Gone} s, and pair it again.",
            Till = "Use the reader as it is, or have it unpaired first.",
            Operator = "'fleet readers list' has the id of that reader, "
                + "'fleet readers unpair READER' frees the device at once.",
            Developer = "Delete the reader that `reader_id` names, then pair again.",
        },
        new("DEVICE_HAS_CHECKOUT", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.DeviceHasCheckout,
            Sentence = "This device is {reader} and has an open checkout. "
                + "Wait for its end, record it, or delete that reader.",
            Till = "Wait for the end of the payment on this reader.",
            Operator = "'fleet why CHECKOUT' says how far it is, 'fleet checkout record CHECKOUT' records its outcome.",
            Developer = "Wait for the end of the checkout that `checkout_id` names, or record its outcome.",
        },
        new("DEVICE_JUST_GONE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.DeviceJustGone,
            Sentence = $"This device was connected as {{reader}} less than {Gone} s ago. "
                + "Pair it again in {seconds} s, or delete that reader.",
            Till = "Wait a minute and pair it again.",
            Operator = "'fleet readers list' has the id of that reader, "
                + "'fleet readers unpair READER' frees the device at once.",
            Developer = "Pair again after `Retry-After`; gRPC calls it `retry_after_seconds`.",
        },
        new("PAIRED_ELSEWHERE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.PairedElsewhere,
            Sentence = "This device is a reader of another merchant or store. It must be deleted there first.",
            Till = "Use another reader, and have this one unpaired where it is paired.",
            Operator = "A key for that merchant or store, or for the whole chain, can unpair that reader.",
            Developer = "Nothing can be done with this key; a key that reaches the reader must delete it.",
        },
        new("WRONG_KIND_OF_READER", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.WrongKindOfReader,
            Sentence = "Virtual readers pair with sandbox merchants only, real readers with live merchants only.",
            Till = "Use a reader that is meant for this merchant.",
            Operator = "Name the other merchant with --merchant, or pair another device.",
            Developer = "Use a key of a sandbox merchant for virtual readers, of a live merchant for real ones.",
        },
    ];
}

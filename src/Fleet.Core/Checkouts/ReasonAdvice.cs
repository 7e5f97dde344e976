namespace Fleet.Core.Checkouts;

/// <summary>What a clerk does about a payment that failed.</summary>
public static class ReasonAdvice
{
    /// <summary>
    /// Whether it makes sense to try again with the same customer and without changing anything else.
    /// </summary>
    public static bool IsRetryable(this Reason reason) => reason switch
    {
        Reason.Declined or Reason.WrongPin or Reason.ReleasedByOperator => false,
        _ => reason.IsRecognized(),
    };

    /// <summary>Whether the public word of a reason says that it is not certain whether the card was charged.</summary>
    public static bool LeavesDoubt(string? word) => word is "released_by_operator" or SnakeCase.Unrecognized;

    /// <summary>The sentence while a device, or SumUp, claims something that contradicts the record.</summary>
    public const string Disputed = "It is in dispute whether the card was charged: do not charge again before an "
        + "operator has looked it up.";

    /// <summary>A sentence for the clerk about a checkout that ended without a payment; null for others.</summary>
    public static string? ToAdvice(this Checkout checkout) => checkout switch
    {
        { Reason: null } => null,
        { Disputed: true } => Disputed,
        { Reason: { } why } => why.ToAdvice(),
    };

    /// <summary>A sentence for the clerk about a reason that nothing contradicts.</summary>
    public static string ToAdvice(this Reason reason) => reason switch
    {
        Reason.Declined => "The bank declined the card; ask for another one.",
        Reason.WrongPin => "The PIN was wrong too often; ask for another card.",
        Reason.CardRemoved => "The card was taken out too early; nothing was charged, so try again.",
        Reason.ReaderLost => "The reader lost the payment and charged nothing; try again.",
        Reason.CustomerCancelled => "The customer pressed cancel on the reader.",
        Reason.NoCardInTime => "No card was presented in time; try again when the customer is ready.",
        Reason.Terminated => "The till ended the payment before the card was charged.",
        Reason.Expired => "The reader did not start within 60 seconds; see whether it is awake, and try again.",
        Reason.RecordedByOperator => "An operator recorded that nothing was charged; try again.",
        Reason.RefusedByProvider => "SumUp refused the payment or was not reached, and nothing was charged; try again.",
        Reason.NotStarted => "SumUp did not pass the payment to the reader, and nothing was charged; try again.",
        Reason.Deadline => "The customer did not pay in the time that was given; nothing was charged, so try again.",
        Reason.ReleasedByOperator => "An operator freed the reader, and it is not certain whether the card was "
            + "charged: look it up before you charge again.",
        _ when !reason.IsRecognized() => "Why it ended is written in words of a newer version of Fleet, and it is not "
            + "certain whether the card was charged: look it up before you charge again.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A reason without a sentence."),
    };
}

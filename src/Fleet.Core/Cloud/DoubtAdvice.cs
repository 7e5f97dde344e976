namespace Fleet.Core.Cloud;

/// <summary>What a clerk and an operator are told about a payment of which it is not known what SumUp did.</summary>
public static class DoubtAdvice
{
    private const string Wait = "Look at the reader: if it shows the payment, let the customer pay. Fleet asks SumUp "
        + "again and again, and frees the reader when the outcome is known, or about 2 minutes after the start if the "
        + "payment never began. Do not charge again before that.";

    /// <summary>What happened, in a sentence.</summary>
    public static string ToSentence(this Doubt doubt) => doubt switch
    {
        Doubt.NoAnswer => "SumUp did not answer in time, so it may have taken the payment.",
        Doubt.Reset => "The connection to SumUp broke before its answer, so SumUp may have taken the payment.",
        Doubt.ServerError => "SumUp answered with an error of its own, so it may have taken the payment.",
        Doubt.BadAnswer => "The answer of SumUp cannot be read, so SumUp may have taken the payment.",
        Doubt.Conflict => "SumUp says that it has this payment already, so it may have taken it.",
        Doubt.RateLimited => "SumUp gets too many requests, and did not say whether it took the payment.",
        Doubt.NoResult => "SumUp took the payment, and has shown no result that fits it for 3 minutes.",
        _ => "It is not known whether SumUp took the payment.", // of a newer version
    };

    /// <summary>What to do now, in sentences.</summary>
    public static string ToAdvice(this Doubt doubt) => doubt switch
    {
        Doubt.NoResult => "Look at the reader: if it shows the payment, finish or cancel it there. If it does not, "
            + "restart the reader, look the payment up at SumUp by its reference, and record what you found with "
            + "'fleet checkout record'. Do not charge again before that.",
        _ => Wait,
    };
}

using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Server.Api.Rest;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>What is told of SumUp's cloud over gRPC.</summary>
internal static class CloudMapping
{
    /// <summary>Why it is not known what SumUp did; null when it is.</summary>
    public static Proto.Doubt? ToMessage(this DoubtView? doubt) => doubt is null ? null : new()
    {
        Code = doubt.Code, Sentence = doubt.Sentence, Advice = doubt.Advice, Since = doubt.Since.ToTimestamp(),
    };

    /// <summary>What SumUp calls a checkout; null when it was not sent there.</summary>
    public static Proto.CloudReference? ToMessage(this CloudAttempt? attempt) => attempt is null ? null : new()
    {
        ReaderId = attempt.ReaderId,
        ForeignTransactionId = attempt.ForeignId,
        SentAt = attempt.SentAt.ToTimestamp(),
        CheckoutId = attempt.CheckoutId ?? "",
        ClientTransactionId = attempt.ClientTransactionId ?? "",
        TransactionCode = attempt.TransactionCode ?? "",
    };

    public static Proto.TimelineExchange ToMessage(this TimelineExchangeView told) => new()
    {
        At = told.At.ToTimestamp(),
        Operation = told.Operation,
        Path = told.Path,
        Status = told.Status ?? 0,
        LatencyMs = told.LatencyMs,
        Verdict = told.Verdict,
        Sent = told.Sent ?? "",
        Received = told.Received ?? "",
    };

    /// <summary>What is wrong between a reader and SumUp; null for nothing.</summary>
    public static Proto.ReaderTrouble? ToMessage(this ReaderTrouble? trouble) => trouble is null ? null : new()
    {
        Code = trouble.Kind.ToWireName(),
        Sentence = trouble.Kind.ToSentence(),
        Advice = trouble.Kind.ToAdvice(),
        Since = trouble.Since.ToTimestamp(),
    };
}

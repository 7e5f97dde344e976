namespace Fleet.Core.Errors;

/// <summary>What is no decision about the request: Fleet failed, or the call ended before its answer.</summary>
public static class FaultErrors
{
    /// <summary>Fleet has a bug.</summary>
    public static readonly ErrorEntry InternalError =
        new("INTERNAL_ERROR", 500, "internal-error", "Internal Server Error", RpcCode.Unknown)
        {
            Sentence = "Fleet failed: this is an error in the server.",
            Till = "Look at the payment before you try again, and report it.",
            Operator = "Look for the error in the log of the node, and report it.",
            Developer = "Read the checkout before you repeat the request, and report the fault.",
            LegacyDetail = "Internal Server Error",
        };

    /// <summary>A database or a node is away. What was asked for may have been done.</summary>
    public static readonly ErrorEntry Unavailable =
        new("SERVICE_UNAVAILABLE", 503, "service-unavailable", "Service Unavailable", RpcCode.Unavailable)
        {
            Sentence = "It is not known whether this request was carried out. "
                + "Repeat it with the same Idempotency-Key, or read the checkout.",
            Till = "Look at the reader before you charge again: the payment may have been accepted.",
            Operator = "What was to be changed may have been: look before you repeat it.",
            Developer = "Repeat the request with the same `Idempotency-Key`, or read the checkout.",
            LegacyDetail = "Service Unavailable",
        };

    /// <summary>The node does not know the method of gRPC.</summary>
    public static readonly ErrorEntry Unimplemented =
        new("UNIMPLEMENTED", 501, "not-implemented", "Not Implemented", RpcCode.Unimplemented)
        {
            Sentence = "The node does not know this call.",
            Till = "Have the till's program checked against this version of Fleet.",
            Operator = "It runs an older Fleet or no Fleet, or the administration has its own address "
                + "(Fleet:AdminUrl).",
            Developer = "Use a method of the protos that this node was built with.",
        };

    /// <summary>The caller's own deadline is over.</summary>
    public static readonly ErrorEntry DeadlineExceeded =
        new("DEADLINE_EXCEEDED", 504, "gateway-timeout", "Gateway Timeout", RpcCode.DeadlineExceeded)
        {
            Sentence = "Fleet did not answer within the time that the caller gave it.",
            Till = "Look at the reader before you charge again: the payment may have been accepted.",
            Operator = "What was to be changed may have been: look before you repeat it, or allow more with --timeout.",
            Developer = "Repeat the call with the same `idempotency_key`; what was accepted goes on.",
        };

    /// <summary>The caller ended the call.</summary>
    public static readonly ErrorEntry Cancelled =
        new("CANCELLED", 499, "client-closed-request", "Client Closed Request", RpcCode.Cancelled)
        {
            Sentence = "The call was cancelled.",
            Till = "Look at the reader: what was accepted goes on.",
            Operator = "Look at the reader: what was accepted goes on.",
            Developer = "Read the checkout; ending a call does not end the payment.",
        };

    /// <summary>What became of one item among many is not known.</summary>
    public static readonly ErrorEntry Unknown =
        new("UNKNOWN", 503, "service-unavailable", "Service Unavailable", RpcCode.Unavailable)
        {
            Sentence = "The reader {why}: look at it before you try again.",
            Till = "Look at the reader before you try again.",
            Operator = "Look at the reader before you try again: it may have been changed.",
            Developer = "Read the reader or the checkout, and repeat only what was not done.",
        };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
        [InternalError, Unavailable, Unimplemented, DeadlineExceeded, Cancelled, Unknown];
}

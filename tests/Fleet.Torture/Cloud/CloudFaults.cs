using Fleet.Torture.Checking;

namespace Fleet.Torture.Cloud;

/// <summary>Which faults there are for which calls.</summary>
internal static class CloudFaults
{
    /// <summary>The bodies of the cloud's errors; the last is a page of a gateway in front of it.</summary>
    private const string ServerError = """{"errors":{"detail":"Internal Server Error"}}""",
        BadGateway = """{"errors":{"detail":"Bad Gateway"}}""",
        GatewayTimeout = """{"errors":{"detail":"Gateway Timeout"}}""",
        TooMany = """{"errors":{"detail":"Too Many Requests"}}""",
        Unprocessable = """{"errors":{"detail":"Unprocessable Entity"}}""",
        BadPage = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";

    /// <summary>What a client is told when the cloud itself is away.</summary>
    public static readonly CloudAnswer NoCloud = CloudAnswer.Json(502, BadGateway);

    private static readonly CloudFault[] OfAll =
    [
        CloudFault.ClosedBefore, CloudFault.ResetBefore, CloudFault.SilentBefore, CloudFault.TooMany,
        CloudFault.TooManyWait, CloudFault.ErrorBefore, CloudFault.BadGatewayBefore, CloudFault.BadPageBefore,
        CloudFault.GatewayTimeoutBefore, CloudFault.ClosedAfter, CloudFault.ResetAfter, CloudFault.SilentAfter,
        CloudFault.ErrorAfter, CloudFault.BadGatewayAfter, CloudFault.BadPageAfter, CloudFault.GatewayTimeoutAfter,
        CloudFault.BrokenJson, CloudFault.Delayed,
    ];

    /// <summary>The faults that a call of this kind can have.</summary>
    public static IReadOnlyList<CloudFault> Of(CloudOperation operation) => operation switch
    {
        CloudOperation.Create =>
        [
            .. OfAll, CloudFault.Untyped422, CloudFault.PhantomAccept, CloudFault.NoCheckoutId,
            CloudFault.TransactionLate, CloudFault.CallbackFirst, CloudFault.CallbackTwice, CloudFault.CallbackForged,
            CloudFault.CallbackNever,
        ],
        CloudOperation.Terminate => [.. OfAll, CloudFault.Untyped422, CloudFault.TerminateIgnored],
        CloudOperation.GetCheckout or CloudOperation.Status or CloudOperation.Readers =>
            [.. OfAll, CloudFault.NewWords, CloudFault.NullWords],
        _ when operation.IsTransaction() =>
            [.. OfAll, CloudFault.NewWords, CloudFault.NullWords, CloudFault.TransactionLate],
        CloudOperation.History => [.. OfAll, CloudFault.NewWords, CloudFault.NullWords],
        CloudOperation.Refund => OfAll,
        _ => [],
    };

    /// <summary>Whether a call with this fault never reaches the cloud.</summary>
    public static bool IsBefore(this CloudFault fault) => fault is <= CloudFault.PhantomAccept;

    /// <summary>Whether it reads one transaction.</summary>
    public static bool IsTransaction(this CloudOperation operation) =>
        operation is CloudOperation.TransactionByClientId or CloudOperation.TransactionByForeignId
            or CloudOperation.Transaction;

    public static bool IsOfCallback(this CloudFault fault) =>
        fault is CloudFault.CallbackFirst or CloudFault.CallbackTwice or CloudFault.CallbackForged
            or CloudFault.CallbackNever;

    /// <summary>What the client is told in place of the cloud's answer; null where there is nothing to tell.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="times">How long a 429 asks it to wait.</param>
    public static CloudAnswer? Instead(this CloudFault fault, FaultTimes times) => fault switch
    {
        CloudFault.ErrorBefore or CloudFault.ErrorAfter => CloudAnswer.Json(500, ServerError),
        CloudFault.BadGatewayBefore or CloudFault.BadGatewayAfter => CloudAnswer.Json(502, BadGateway),
        CloudFault.BadPageBefore or CloudFault.BadPageAfter => CloudAnswer.Page(502, BadPage),
        CloudFault.GatewayTimeoutBefore or CloudFault.GatewayTimeoutAfter => CloudAnswer.Json(504, GatewayTimeout),
        CloudFault.TooMany => CloudAnswer.Json(429, TooMany),
        CloudFault.TooManyWait => CloudAnswer.Json(429, TooMany, ("Retry-After", $"{times.RetryAfterSeconds}")),
        CloudFault.Untyped422 => CloudAnswer.Json(422, Unprocessable),
        CloudFault.TerminateIgnored => CloudAnswer.Json(202, "{}"),
        _ => null,
    };
}

/// <summary>How long faults last.</summary>
internal sealed record FaultTimes
{
    /// <summary>By how much an answer is late.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a transaction that is late is not found.</summary>
    public TimeSpan NotFound { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a 429 with a time asks for.</summary>
    public int RetryAfterSeconds { get; init; } = 2;

    /// <summary>How long an answer waits for a callback that is to come first; then it goes without it.</summary>
    public TimeSpan CallbackFirst { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How far the cloud's clock is ahead.</summary>
    public TimeSpan ClockOff { get; init; }
}

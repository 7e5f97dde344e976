namespace Fleet.Core.Errors;

/// <summary>What a key may not do.</summary>
public static class AccessErrors
{
    /// <summary>No key, or not one that is good.</summary>
    public static readonly ErrorEntry Unauthorized =
        new("INVALID_ACCESS_TOKEN", 401, "unauthorized", "Unauthorized", RpcCode.Unauthenticated)
        {
            Sentence = "Authentication credentials are missing or invalid.",
            Till = "Have the till's API key checked.",
            Operator = "Give another key with FLEET_KEY or --key-file; a revoked or expired key needs a successor.",
            Developer = "Send a good key as `Authorization: Bearer …`; some routes say this of a missing scope too.",
            LegacyDetail = "Unauthorized",
            LegacyCode = "NOT_AUTHORIZED",
        };

    /// <summary>The key is good, and may not do this.</summary>
    public static readonly ErrorEntry Forbidden =
        new("FORBIDDEN", 403, "forbidden", "Forbidden", RpcCode.PermissionDenied)
        {
            Sentence = "You do not have permission to perform this action.",
            Till = "Have the till's API key checked: it may not do this.",
            Operator = "'fleet doctor' says what this key may do; a key of Fleet:Keys may do more, "
                + "and makes others with 'fleet keys create'.",
            Developer = "Use a key with the scope of the route; a key for one store may not change the merchant.",
            LegacyDetail = "Forbidden",
        };

    /// <summary>The header with the key was sent twice.</summary>
    public static readonly ErrorEntry DuplicateHeaders =
        new("DUPLICATE_HEADERS", 400, "bad-request", "Bad Request", RpcCode.InvalidArgument)
        {
            Sentence = "There is more than one Authorization header.",
            Till = "Have the till's program corrected.",
            Operator = "See whether a proxy adds an Authorization header.",
            Developer = "Send one Authorization header.",
            LegacyDetail = "Duplicate headers",
        };

    /// <summary>The key asks too often, or too many callers wait.</summary>
    public static readonly ErrorEntry TooManyRequests =
        new("TOO_MANY_REQUESTS", 429, "too-many-requests", "Too Many Requests", RpcCode.ResourceExhausted)
        {
            Sentence = "Too many callers are waiting on this node; ask again in a moment.",
            Till = "Try again in a moment.",
            Operator = "Wait and ask again; if it happens often, raise the rate of the key.",
            Developer = "Ask again after `Retry-After`, and wait for outcomes instead of asking repeatedly.",
            LegacyDetail = "Too Many Requests",
        };

    /// <summary>The key has tried too many wrong pairing codes.</summary>
    public static readonly ErrorEntry TooManyWrongCodes =
        new("TOO_MANY_WRONG_CODES", 429, "too-many-requests", "Too Many Requests", RpcCode.ResourceExhausted)
        {
            Sentence = "This key has tried too many wrong pairing codes; pair again after the time in Retry-After.",
            Till = "Wait 5 minutes, then read the code on the reader's screen again.",
            Operator = "Wait 5 minutes, or pair with another key.",
            Developer = "Pair again after `Retry-After`; 20 wrong codes in 5 minutes are the limit.",
            LegacyDetail = "Too Many Requests",
        };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        Unauthorized, Forbidden, DuplicateHeaders, TooManyRequests, TooManyWrongCodes,
        new("KEY_NOT_ACTIVE", 409, "conflict", "Conflict", RpcCode.FailedPrecondition)
        {
            Refusal = RefusalCode.KeyNotActive,
            Sentence = "The key was revoked, has expired, or was replaced already.",
            Till = "Have the till's API key replaced.",
            Operator = "'fleet keys list' shows what became of it.",
            Developer = "Rotate the successor of the key, or create a new key.",
        },
    ];
}

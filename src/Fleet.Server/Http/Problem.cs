using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Merchants;
using Fleet.Server.Rpc;
using Fleet.Server.Storage;

namespace Fleet.Server.Http;

/// <summary>
/// Every answer that is not a success: one body that reads as a problem (RFC 9457) and, in its <c>errors</c> member, as
/// SumUp's older shape, because the official SDKs and older integrations each look for one of the two.
/// </summary>
internal sealed class Problem : IResult
{
    private const string Types = "https://developer.sumup.com/problem/";
    private const string ProblemJson = "application/problem+json";
    private const string PlainJson = "application/json";

    /// <summary>When a caller may try again if Fleet could not answer, or would not.</summary>
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    /// <summary>The bodies are JSON and nothing else, so apostrophes may stay apostrophes.</summary>
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly Problem NotFound = new(404, "not-found", "Requested resource couldn't be found.",
        "The requested resource doesn't exist or does not belong to you.", Legacy("Not Found"));

    public static readonly Problem Unauthorized = new(401, "unauthorized", "Unauthorized",
        "Authentication credentials are missing or invalid.", Legacy("Unauthorized"));

    public static readonly Problem Forbidden = new(403, "forbidden", "Forbidden",
        "You do not have permission to perform this action.", Legacy("Forbidden"));

    public static readonly Problem OneStoreOnly = new(403, "forbidden", "Forbidden",
        "This key is for one store, and this is about the whole merchant.", Legacy("Forbidden"));

    public static readonly Problem NoMerchant = BadRequest(new FieldError(
        MerchantScope.Header, "is required: this key is for the whole chain, and must name the merchant"));

    public static readonly Problem DuplicateAuthorization = new(400, "bad-request", "Bad Request",
        "There is more than one Authorization header.", Legacy("Duplicate headers", "DUPLICATE_HEADERS"));

    public static readonly Problem MethodNotAllowed = new(405, "method-not-allowed", "Method Not Allowed",
        "This resource does not know that method.", Legacy("Method Not Allowed"));

    public static readonly Problem TooLarge = new(413, "content-too-large", "Content Too Large",
        $"The body is larger than {JsonBody.MaxBytes} bytes.", Legacy("Content Too Large"));

    public static readonly Problem UnsupportedMediaType = new(415, "unsupported-media-type", "Unsupported Media Type",
        "Send the body as application/json, without a content encoding.", Legacy("Unsupported Media Type"));

    public static readonly Problem TooManyRequests = new(429, "too-many-requests", "Too Many Requests",
        "Too many callers are waiting on this node; ask again in a moment.", Legacy("Too Many Requests"));

    /// <summary>A caller that asks too often.</summary>
    /// <param name="wait">After which it may ask again.</param>
    public static Problem TooOften(TimeSpan wait) => new(429, "too-many-requests", "Too Many Requests",
        "This key asks more often than it may; ask again later.", Legacy("Too Many Requests")) { RetryAfter = wait };

    public static readonly Problem Unavailable = new(503, "service-unavailable", "Service Unavailable",
        "Fleet cannot say what became of this request. Repeat it with the same Idempotency-Key, or read the checkout.",
        Legacy("Service Unavailable"));

    public static readonly Problem Internal = new(500, "internal-error", "Internal Server Error",
        "Fleet failed. This is a fault of ours.", Legacy("Internal Server Error"));

    /// <summary>What the Transactions API says about a transaction that is not there.</summary>
    public static readonly Problem NoTransaction = new(404, "not-found", "Not Found",
        "The requested resource doesn't exist or does not belong to you.", Legacy("Not Found"))
    {
        Code = "NOT_FOUND",
        Message = "Resource not found",
    };

    private readonly string _type, _title, _detail;
    private readonly JsonNode _errors;
    private readonly JsonArray? _fields;

    private Problem(
        int status, string type, string title, string detail, JsonNode errors, JsonArray? fields = null) =>
        (Status, _type, _title, _detail, _errors, _fields) = (status, type, title, detail, errors, fields);

    public int Status { get; }

    private TimeSpan RetryAfter { get; init; } = SoonAgain;

    /// <summary>The code and message of the Transactions API, which has a shape of its own for errors.</summary>
    private string? Code { get; init; }

    private string? Message { get; init; }

    /// <summary>The status and words for a refusal.</summary>
    public static Problem Of(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.NotFound => NotFound,
        RefusalCode.Invalid => Unprocessable(refusal.Fields ?? []),
        RefusalCode.ReaderBusy => Held("reader-busy", "Reader Busy", "READER_BUSY",
            "There is a pending checkout for the device.", refusal.Holder),
        RefusalCode.ReaderOffline => Typed(422, "reader-offline", "Reader Offline", "READER_OFFLINE",
            "The device is offline."),
        RefusalCode.KeyReused => Typed(422, "unprocessable-entity", "Unprocessable Entity", "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used for another request."),
        RefusalCode.CheckoutNotOpen => Typed(422, "unprocessable-entity", "Unprocessable Entity", "CHECKOUT_NOT_OPEN",
            "The named checkout is not the one that is open on the reader."),
        RefusalCode.PairingCodeUsed => Typed(409, "conflict", "Conflict", "READER_NOT_PENDING",
            "The device that showed this pairing code no longer waits for it."),
        RefusalCode.WrongKindOfReader => Typed(409, "conflict", "Conflict", "WRONG_KIND_OF_READER",
            "Virtual readers pair with sandbox merchants only, real readers with live merchants only."),
        RefusalCode.KeyNotActive => Typed(409, "conflict", "Conflict", "KEY_NOT_ACTIVE",
            "The key was revoked, has expired, or was replaced already."),
        RefusalCode.NotRefundable => Typed(409, "conflict", "Conflict", "NOT_REFUNDABLE",
            "The transaction is not refundable in its current state."),
        RefusalCode.RefundedElsewhere => Typed(409, "conflict", "Conflict", "REFUNDED_ELSEWHERE",
            "Fleet has no connection to the processor of this card; refund it where it was charged."),
        RefusalCode.RefundTooLarge => RefundTooLarge(refusal.Refundable),
        RefusalCode.NoReader => Typed(422, "no-reader", "No Reader", "NO_READER",
            "No reader of this store fits what was asked for."),
        RefusalCode.NoFreeReader => Typed(422, "no-free-reader", "No Free Reader", "NO_FREE_READER",
            $"Of the readers that fit {refusal.Counts?.Busy} are busy and {refusal.Counts?.Offline} offline."),
        RefusalCode.QueueFull => Typed(422, "queue-full", "Queue Full", "QUEUE_FULL",
            "As many requests wait for a reader of this store as may."),
        RefusalCode.QueueTimeout => Typed(422, "queue-timeout", "Queue Timeout", "QUEUE_TIMEOUT",
            "No reader became free in time, and nothing was accepted."),
        RefusalCode.StoreExists => Typed(409, "conflict", "Conflict", "STORE_EXISTS",
            "There is a store of this id already."),
        RefusalCode.StoreNotEmpty => Typed(409, "conflict", "Conflict", "STORE_NOT_EMPTY",
            "The store still has readers; move or unpair them first."),
        RefusalCode.DuplicateTransaction => Held("duplicate-transaction", "Duplicate Transaction",
            "DUPLICATE_TRANSACTION", "A checkout with this foreign_transaction_id was paid or is still open.",
            refusal.Holder),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Code, "A refusal without a status."),
    };

    /// <summary>A 400 that names what is wrong with which field.</summary>
    public static Problem BadRequest(params IReadOnlyList<FieldError> fields) =>
        new(400, "bad-request", "Bad Request", Sentence(fields), FieldMap(fields), FieldList(fields));

    /// <summary>A 400 of the Transactions API.</summary>
    public static Problem InvalidParameter(params IReadOnlyList<FieldError> fields) =>
        new(400, "bad-request", "Bad Request", Sentence(fields), FieldMap(fields), FieldList(fields))
        {
            Code = "INVALID",
            Message = "Validation error",
        };

    /// <summary>A 404 of the Transactions API that says what is not there.</summary>
    public static Problem NoSuch(string what) => new(404, "not-found", "Not Found", what, Legacy("Not Found"))
    {
        Code = "NOT_FOUND",
        Message = what,
    };

    /// <summary>A 400 about the request as a whole.</summary>
    public static Problem BadRequest(string detail) => new(400, "bad-request", "Bad Request", detail, Legacy(detail));

    /// <summary>What it says to people.</summary>
    public string Detail => _detail;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if (Status is 429 or 503)
            response.Headers.RetryAfter = Math.Ceiling(RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (RpcErrors.TryAnswer(httpContext, this)) return;
        response.StatusCode = Status;
        if (Status is 401) response.Headers.WWWAuthenticate = "Bearer";
        response.Headers.CacheControl = Answer.NotKept;
        var accepts = httpContext.Request.Headers.Accept.ToString();
        var readsProblems = accepts.Contains(ProblemJson, StringComparison.OrdinalIgnoreCase);
        response.ContentType = readsProblems ? ProblemJson : PlainJson;
        var body = Encoding.UTF8.GetBytes(Body().ToJsonString(Readable));
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private static Problem Unprocessable(IReadOnlyList<FieldError> fields) =>
        new(422, "validation-error", "Unprocessable Entity", Sentence(fields), FieldMap(fields), FieldList(fields));

    /// <summary>A 422 that names the checkout in the way.</summary>
    private static Problem Held(string slug, string title, string code, string detail, Holder? holder)
    {
        var errors = Legacy(detail, code);
        if (holder is not null)
        {
            errors["checkout_id"] = holder.CheckoutId.ToString();
            errors["checkout_state"] = holder.State.Word();
            if (holder.Until is { } until) errors["busy_until"] = Timestamp.Text(until);
        }
        return new(422, slug, title, detail, errors);
    }

    /// <summary>Told in major units, as the amount of a refund is.</summary>
    private static Problem RefundTooLarge(Money? left)
    {
        const string Detail = "Amount exceeds the refundable amount";
        var error = new JsonObject
        {
            ["code"] = "INVALID_AMOUNT",
            ["detail"] = Detail,
            ["reason"] = "amount_too_high",
            ["max_refundable_amount"] = left?.Major(left.Value),
        };
        return new(422, "unprocessable-entity", "Unprocessable Entity", $"{Detail}.", new JsonArray(error));
    }

    private static Problem Typed(int status, string slug, string title, string code, string detail) =>
        new(status, slug, title, detail, Legacy(detail, code));

    private static JsonObject Legacy(string detail, string? code = null) =>
        code is null ? new() { ["detail"] = detail } : new() { ["type"] = code, ["detail"] = detail };

    private static JsonObject FieldMap(IReadOnlyList<FieldError> fields) => new(fields
        .GroupBy(error => error.Field)
        .Select(group => KeyValuePair.Create<string, JsonNode?>(
            group.Key, new JsonArray([.. group.Select(error => JsonValue.Create(error.Message))]))));

    private static JsonArray FieldList(IReadOnlyList<FieldError> fields) => new([.. fields
        .Select(error => new JsonObject { ["name"] = error.Field, ["message"] = error.Message })]);

    private static string Sentence(IReadOnlyList<FieldError> fields) =>
        string.Join("; ", fields.Select(error => $"{error.Field} {error.Message}")) + ".";

    private JsonObject Body()
    {
        var body = new JsonObject
        {
            ["type"] = Types + _type,
            ["title"] = _title,
            ["status"] = Status,
            ["detail"] = _detail,
            ["errors"] = _errors.DeepClone(),
        };
        if (_fields is not null) body["fields"] = _fields.DeepClone();
        if (Message is not null) (body["message"], body["error_code"]) = (Message, Code);
        return body;
    }
}

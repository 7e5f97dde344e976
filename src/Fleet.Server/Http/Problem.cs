using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Merchants;
using Fleet.Server.Rpc;
using Fleet.Server.Storage;
using Microsoft.AspNetCore.WebUtilities;

namespace Fleet.Server.Http;

/// <summary>
/// Every answer that is not a success: one body that reads as a problem (RFC 9457) and as both of SumUp's older shapes,
/// by its members <c>errors</c>, <c>message</c> and <c>error_code</c>, because each client looks for one of the three.
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
        "The requested resource doesn't exist or does not belong to you.", "Not Found");

    public static readonly Problem Unauthorized = new(401, "unauthorized", "Unauthorized",
        "Authentication credentials are missing or invalid.", "Unauthorized", "INVALID_ACCESS_TOKEN")
    {
        Code = "NOT_AUTHORIZED",
    };

    public static readonly Problem Forbidden = new(403, "forbidden", "Forbidden",
        "You do not have permission to perform this action.", "Forbidden");

    public static readonly Problem OneStoreOnly = new(403, "forbidden", "Forbidden",
        "This key is for one store, and this is about the whole merchant.", "Forbidden");

    public static readonly Problem NoMerchant = BadRequest(new FieldError(
        MerchantScope.Header, "is required: this key is for the whole chain, and must name the merchant"));

    public static readonly Problem DuplicateAuthorization = new(400, "bad-request", "Bad Request",
        "There is more than one Authorization header.", "Duplicate headers", "DUPLICATE_HEADERS");

    public static readonly Problem MethodNotAllowed = new(405, "method-not-allowed", "Method Not Allowed",
        "This resource does not know that method.", "Method Not Allowed");

    public static readonly Problem TooLarge = new(413, "content-too-large", "Content Too Large",
        $"The body is larger than {JsonBody.MaxBytes} bytes.", "Content Too Large");

    public static readonly Problem UnsupportedMediaType = new(415, "unsupported-media-type", "Unsupported Media Type",
        "Send the body as application/json, in UTF-8 and without compression.", "Unsupported Media Type");

    public static readonly Problem TooManyRequests = new(429, "too-many-requests", "Too Many Requests",
        "Too many callers are waiting on this node; ask again in a moment.", "Too Many Requests");

    /// <summary>A caller that asks too often.</summary>
    /// <param name="wait">After which it may ask again.</param>
    public static Problem TooOften(TimeSpan wait) => new(429, "too-many-requests", "Too Many Requests",
        "This key asks more often than it may; ask again later.", "Too Many Requests")
    { RetryAfter = wait };

    /// <summary>A key that has tried too many wrong pairing codes.</summary>
    /// <param name="wait">After which it may try again.</param>
    public static Problem TooManyWrongCodes(TimeSpan wait) => new(429, "too-many-requests", "Too Many Requests",
        "This key has tried too many wrong pairing codes; pair again after the time in Retry-After.",
        "Too Many Requests", "TOO_MANY_WRONG_CODES")
    { RetryAfter = wait };

    public static readonly Problem Unavailable = new(503, "service-unavailable", "Service Unavailable",
        "Fleet cannot say what became of this request. Repeat it with the same Idempotency-Key, or read the checkout.",
        "Service Unavailable");

    public static readonly Problem Internal = new(500, "internal-error", "Internal Server Error",
        "Fleet failed. This is a fault of ours.", "Internal Server Error");

    /// <summary>What the Transactions API says about a transaction that is not there.</summary>
    public static readonly Problem NoTransaction = new(404, "not-found", "Not Found",
        "The requested resource doesn't exist or does not belong to you.", "Not Found")
    {
        Message = "Resource not found",
    };

    private readonly string _type, _title, _detail;
    private readonly JsonNode _errors;
    private readonly JsonArray? _fields;

    /// <param name="status">The status of HTTP.</param>
    /// <param name="type">The last part of the URI that names the kind of problem.</param>
    /// <param name="title">A few words, the same for every problem of this kind.</param>
    /// <param name="detail">A sentence for people.</param>
    /// <param name="legacy">The same in the words of SumUp's older shape.</param>
    /// <param name="code">What programs look at in the older shape; by default the type, in capitals.</param>
    private Problem(int status, string type, string title, string detail, string legacy, string? code = null)
        : this(status, type, title, detail, Legacy(legacy, code ?? CodeOf(type))) { }

    private Problem(int status, string type, string title, string detail, IReadOnlyList<FieldError> fields)
        : this(status, type, title, detail, FieldMap(fields, detail, CodeOf(type))) => _fields = FieldList(fields);

    private Problem(int status, string type, string title, string detail, JsonNode errors)
    {
        (Status, _type, _title, _detail, _errors) = (status, type, title, detail, errors);
        Code = (errors as JsonObject)?["type"]?.GetValue<string>() ?? CodeOf(type);
        Message = detail;
    }

    public int Status { get; }

    private TimeSpan? RetryAfter { get; init; }

    /// <summary>The same as it is written in headers.</summary>
    public string RetryAfterSeconds =>
        Math.Ceiling((RetryAfter ?? SoonAgain).TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>The code and message of SumUp's third shape of errors, which older SDKs show to people.</summary>
    private string Code { get; init; }

    private string Message { get; init; }

    /// <summary>The body for a status that the web server chose, or a library.</summary>
    public static Problem Of(int status) => status switch
    {
        400 => BadRequest("The request is malformed."),
        401 => Unauthorized,
        403 => Forbidden,
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => Plain(status, "The request did not arrive in time."),
        413 => TooLarge,
        414 => Plain(status, "The method and the address of the request are too long."),
        415 => UnsupportedMediaType,
        429 => TooManyRequests,
        431 => Plain(status, "The headers of the request are too large, or too many."),
        500 => Internal,
        503 => Unavailable,
        _ => Plain(status, "The request cannot be answered."),
    };

    /// <summary>The status and words for a refusal.</summary>
    public static Problem Of(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.NotFound => NotFound,
        RefusalCode.Invalid => Unprocessable(refusal.Fields ?? []),
        RefusalCode.ReaderBusy => Held(422, "reader-busy", "Reader Busy", "READER_BUSY",
            "There is a pending checkout for the device.", refusal.Holder),
        RefusalCode.ReaderOffline => Typed(422, "reader-offline", "Reader Offline", "READER_OFFLINE",
            "The device is offline."),
        RefusalCode.KeyReused => Typed(422, "unprocessable-entity", "Unprocessable Entity", "IDEMPOTENCY_KEY_REUSED",
            "This Idempotency-Key was used for another request."),
        RefusalCode.CheckoutNotOpen => Typed(422, "unprocessable-entity", "Unprocessable Entity", "CHECKOUT_NOT_OPEN",
            "The named checkout is not the one that is open on the reader."),
        RefusalCode.PairingCodeUnknown => Typed(404, "not-found", "Not Found", "PAIRING_CODE_UNKNOWN",
            "No device shows this pairing code. A code is good for 5 minutes: read it again from the screen."),
        RefusalCode.PairingCodeUsed => Typed(409, "conflict", "Conflict", "READER_NOT_PENDING",
            "The device that showed this pairing code no longer waits for it."),
        RefusalCode.DeviceConnected or RefusalCode.DeviceHasCheckout or RefusalCode.DeviceJustGone =>
            PairedAlready(refusal),
        RefusalCode.PairedElsewhere => Typed(409, "conflict", "Conflict", "PAIRED_ELSEWHERE",
            "This device is a reader of another merchant or store. It must be deleted there first."),
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
        RefusalCode.ClaimTooSoon => Typed(409, "conflict", "Conflict", "CLAIM_TOO_SOON",
            "The device has claimed too many different things about this checkout."),
        RefusalCode.ReaderOnline => Typed(409, "conflict", "Conflict", "READER_ONLINE",
            "The device is connected and tells the outcome itself; terminate the checkout instead."),
        RefusalCode.CheckoutNotStarted => Typed(409, "conflict", "Conflict", "CHECKOUT_NOT_STARTED",
            "The checkout has not started, so nothing was charged; terminate it instead."),
        RefusalCode.CheckoutFinal => Typed(409, "conflict", "Conflict", "CHECKOUT_FINAL",
            "The checkout has its outcome, which never changes."),
        RefusalCode.DuplicateTransaction => Held(422, "duplicate-transaction", "Duplicate Transaction",
            "DUPLICATE_TRANSACTION", "A checkout with this foreign_transaction_id was paid or is still open.",
            refusal.Holder),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Code, "A refusal without a status."),
    };

    /// <summary>A 400 that names what is wrong with which field.</summary>
    public static Problem BadRequest(params IReadOnlyList<FieldError> fields) =>
        new(400, "bad-request", "Bad Request", Sentence(fields), fields);

    /// <summary>A 400 of the Transactions API.</summary>
    public static Problem InvalidParameter(params IReadOnlyList<FieldError> fields) =>
        new(400, "bad-request", "Bad Request", Sentence(fields), fields)
        {
            Code = "INVALID",
            Message = "Validation error",
        };

    /// <summary>A 404 of the Transactions API that says what is not there.</summary>
    public static Problem NoSuch(string what) => new(404, "not-found", "Not Found", what, "Not Found");

    /// <summary>A 400 about the request as a whole.</summary>
    public static Problem BadRequest(string detail) => new(400, "bad-request", "Bad Request", detail, detail);

    /// <summary>What it says to people.</summary>
    public string Detail => _detail;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        if (Status is 429 or 503 || RetryAfter is not null)
            response.Headers.RetryAfter = RetryAfterSeconds;
        if (RpcErrors.TryAnswer(httpContext, this)) return;
        response.StatusCode = Status;
        if (Status is 401 && response.Headers.WWWAuthenticate.Count is 0) response.Headers.WWWAuthenticate = "Bearer";
        response.Headers.CacheControl = Answer.NotKept;
        response.ContentType = MediaTypeFor(httpContext.Request.Headers);
        var body = Utf8();
        response.ContentLength = body.Length;
        // To a caller that has hung up it goes nowhere, which is no error, as a cancelled write would be.
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    /// <summary>What the body is called for a caller: a problem, if it says that it reads those.</summary>
    public static string MediaTypeFor(IHeaderDictionary request) =>
        request.Accept.ToString().Contains(ProblemJson, StringComparison.OrdinalIgnoreCase) ? ProblemJson : PlainJson;

    /// <summary>The body.</summary>
    public byte[] Utf8() => Encoding.UTF8.GetBytes(Body().ToJsonString(Readable));

    private static Problem Unprocessable(IReadOnlyList<FieldError> fields) =>
        new(422, "validation-error", "Unprocessable Entity", Sentence(fields), fields);

    /// <summary>A refusal that names the checkout in the way.</summary>
    private static Problem Held(
        int status, string slug, string title, string code, string detail, Holder? holder) =>
        new(status, slug, title, detail, Legacy(detail, code, holder));

    private static JsonObject Legacy(string detail, string code, Holder? holder)
    {
        var errors = Legacy(detail, code);
        if (holder is null) return errors;
        errors["checkout_id"] = holder.CheckoutId.ToString();
        errors["checkout_state"] = holder.State.Word();
        if (holder.Until is { } until) errors["busy_until"] = Timestamp.Text(until);
        return errors;
    }

    /// <summary>A device that is a reader already, which is named to those whose key reaches it.</summary>
    private static Problem PairedAlready(Refusal refusal)
    {
        var (reader, gone) = (refusal.Reader, PairingRules.GoneFor.TotalSeconds);
        var named = reader is null ? "a reader" : $"reader \"{reader.Name}\"";
        var detail = refusal.Code switch
        {
            RefusalCode.DeviceConnected => $"This device is connected as {named}. "
                + $"Delete that reader, or disconnect the device for {gone} s, and pair it again.",
            RefusalCode.DeviceHasCheckout => $"This device is {named} and has an open checkout. "
                + "Wait for its end, record it, or delete that reader.",
            _ => $"This device was connected as {named} less than {gone} s ago. "
                + $"Pair it again in {Math.Ceiling(refusal.Wait?.TotalSeconds ?? gone)} s, or delete that reader.",
        };
        var errors = Legacy(detail, refusal.Code.Word().ToUpperInvariant(), refusal.Holder);
        if (reader is not null) (errors["reader_id"], errors["reader_name"]) = (reader.Id, reader.Name);
        return new(409, "conflict", "Conflict", detail, errors) { RetryAfter = refusal.Wait };
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
        return new(422, "unprocessable-entity", "Unprocessable Entity", $"{Detail}.", new JsonArray(error))
        {
            Code = "INVALID_AMOUNT",
        };
    }

    private static Problem Typed(int status, string slug, string title, string code, string detail) =>
        new(status, slug, title, detail, detail, code);

    private static Problem Plain(int status, string detail)
    {
        var title = ReasonPhrases.GetReasonPhrase(status);
        return new(status, title.Replace(' ', '-').ToLowerInvariant(), title, detail, title);
    }

    private static string CodeOf(string type) => type.Replace('-', '_').ToUpperInvariant();

    private static JsonObject Legacy(string detail, string code) => new() { ["type"] = code, ["detail"] = detail };

    /// <summary>
    /// What is wrong with each field. Fields that are called as one of the two members of every error are told in the
    /// list only.
    /// </summary>
    private static JsonObject FieldMap(IReadOnlyList<FieldError> fields, string detail, string code)
    {
        var errors = Legacy(detail, code);
        foreach (var group in fields.GroupBy(error => error.Field))
            errors.TryAdd(group.Key, new JsonArray([.. group.Select(error => JsonValue.Create(error.Message))]));
        return errors;
    }

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
        (body["message"], body["error_code"]) = (Message, Code);
        return body;
    }
}

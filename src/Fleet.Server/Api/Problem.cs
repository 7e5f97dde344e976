using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Core.Transactions;
using Fleet.Server.Api.Rest;
using Microsoft.AspNetCore.WebUtilities;

namespace Fleet.Server.Api;

/// <summary>
/// The body of every answer that is not a success. It is a problem (RFC 9457), and also has the members <c>errors</c>,
/// <c>message</c> and <c>error_code</c> of SumUp's older shapes, because each client reads one of the three.
/// </summary>
internal sealed class Problem : IResult
{
    private const string Types = "https://developer.sumup.com/problem/";
    private const string ProblemJson = "application/problem+json";
    private const string PlainJson = "application/json";

    /// <summary>When a caller may try again after Fleet could not answer, or refused to.</summary>
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(1);

    /// <summary>The bodies are never embedded in HTML, so apostrophes need no escape.</summary>
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static readonly Problem NotFound = new(RequestErrors.NotFound);

    public static readonly Problem Unauthorized = new(AccessErrors.Unauthorized);

    public static readonly Problem Forbidden = new(AccessErrors.Forbidden);

    public static readonly Problem OneStoreOnly = new(AccessErrors.Forbidden with
    {
        Sentence = "This key is for one store, and this is about the whole merchant.",
    });

    public static readonly Problem OneMerchantOnly = new(AccessErrors.Forbidden with
    {
        Sentence = "This key is for one merchant, and this is about the whole chain.",
    });

    public static readonly Problem NoDeviceCertificate = new(AccessErrors.Forbidden with
    {
        Sentence = "A device must show a certificate of the authority that this node trusts.",
    });

    public static readonly Problem NoMerchant = BadRequest(new FieldError(
        Reach.MerchantHeader, "is required: this key is for the whole chain, and must name the merchant"));

    public static readonly Problem DuplicateAuthorization = new(AccessErrors.DuplicateHeaders);

    public static readonly Problem TooLarge =
        new(RequestErrors.ContentTooLarge.With("bytes", $"{JsonBody.MaxBytes}"));

    public static readonly Problem NotAcceptable = new(RequestErrors.NotAcceptable);

    public static readonly Problem UnsupportedMediaType = new(RequestErrors.UnsupportedMediaType);

    public static readonly Problem TooManyRequests = new(AccessErrors.TooManyRequests);

    public static readonly Problem Unavailable = new(FaultErrors.Unavailable);

    public static readonly Problem Internal = new(FaultErrors.InternalError);

    /// <summary>The Transactions API's answer when a transaction is not found.</summary>
    public static readonly Problem NoTransaction = new(RequestErrors.NotFound with { Title = "Not Found" })
    {
        Message = "Resource not found",
    };

    private readonly ErrorEntry _entry;
    private readonly JsonNode _errors;
    private readonly JsonArray? _fields;

    private Problem(ErrorEntry entry)
        : this(entry, LegacyErrors(entry)) { }

    private Problem(ErrorEntry entry, IReadOnlyList<FieldError> fields)
        : this(entry with { Sentence = ErrorCatalogue.Sentence(fields) }, FieldMap(entry, fields)) =>
        _fields = FieldList(fields);

    /// <param name="entry">The error.</param>
    /// <param name="errors">The same error in SumUp's older shape.</param>
    private Problem(ErrorEntry entry, JsonNode errors)
    {
        (_entry, _errors) = (entry, errors);
        (Code, Message) = (entry.LegacyCode ?? entry.Code, entry.Sentence);
    }

    /// <summary>What the caller is told.</summary>
    public ErrorEntry Entry => _entry;

    public int Status => _entry.Status;

    private TimeSpan? RetryAfter { get; init; }

    /// <summary>Seconds to wait, as text for the header.</summary>
    public string RetryAfterSeconds =>
        Math.Ceiling((RetryAfter ?? SoonAgain).TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>The code and message of SumUp's third shape of errors, which older SDKs show to people.</summary>
    private string Code { get; init; }

    private string Message { get; init; }

    /// <summary>The answer to a key with too many requests.</summary>
    /// <param name="wait">The time after which it may ask again.</param>
    public static Problem TooOften(TimeSpan wait) => new(AccessErrors.TooManyRequests with
    {
        Sentence = "This key makes too many requests; ask again later.",
    })
    { RetryAfter = wait };

    /// <summary>The answer to a key that has tried too many wrong pairing codes.</summary>
    /// <param name="wait">The time after which it may try again.</param>
    public static Problem TooManyWrongCodes(TimeSpan wait) => new(AccessErrors.TooManyWrongCodes) { RetryAfter = wait };

    /// <summary>The body for a status that the web server or a library chose.</summary>
    public static Problem Of(int status) => status switch
    {
        400 => new(RequestErrors.BadRequest),
        401 => Unauthorized,
        403 => Forbidden,
        404 => NotFound,
        405 => new(RequestErrors.MethodNotAllowed),
        406 => NotAcceptable,
        408 => new(RequestErrors.RequestTimeout),
        413 => TooLarge,
        414 => new(RequestErrors.UriTooLong),
        415 => UnsupportedMediaType,
        429 => TooManyRequests,
        431 => new(RequestErrors.HeadersTooLarge),
        500 => Internal,
        503 => Unavailable,
        505 => new(RequestErrors.HttpVersion),
        _ => Other(status),
    };

    /// <summary>The status and body for a refusal.</summary>
    public static Problem Of(Refusal refusal)
    {
        var entry = ErrorCatalogue.Of(refusal);
        return refusal.Code switch
        {
            RefusalCode.Invalid => new(entry, refusal.Fields ?? []),
            RefusalCode.RefundTooLarge => new(entry, Refundable(entry, refusal.Refundable)),
            _ => new(entry, LegacyErrors(entry, refusal)) { RetryAfter = refusal.Wait },
        };
    }

    /// <summary>The answer about a payment that was not made, or not yet.</summary>
    public static Problem OfPayment(Checkout checkout)
    {
        var entry = checkout.State switch
        {
            CheckoutState.Failed => OutcomeErrors.PaymentFailed,
            CheckoutState.Cancelled => OutcomeErrors.PaymentCancelled,
            _ => OutcomeErrors.PaymentPending,
        };
        var named = entry.With("id", checkout.ClientId()).With("reason", checkout.Reason?.ToWireName() ?? "")
            .With("advice", checkout.ToAdvice()?.TrimEnd('.') ?? "");
        var errors = LegacyErrors(named);
        errors["checkout_id"] = checkout.Id.ToString();
        errors["client_transaction_id"] = checkout.ClientId();
        if (checkout.Reason is { } reason) errors["reason"] = reason.ToWireName();
        return new(named, errors);
    }

    /// <summary>A 400 that lists the wrong fields.</summary>
    public static Problem BadRequest(params IReadOnlyList<FieldError> fields) => new(RequestErrors.BadRequest, fields);

    /// <summary>A 400 of the Transactions API.</summary>
    public static Problem InvalidParameter(params IReadOnlyList<FieldError> fields) =>
        new(RequestErrors.BadRequest, fields)
        {
            Code = "INVALID",
            Message = "Validation error",
        };

    /// <summary>A 404 of the Transactions API that says what was not found.</summary>
    public static Problem NoSuch(string what) =>
        new(RequestErrors.NotFound with { Title = "Not Found", Sentence = what });

    /// <summary>A 400 about the request as a whole.</summary>
    public static Problem BadRequest(string detail) => new(RequestErrors.BadRequest with { Sentence = detail });

    /// <summary>The sentence for people.</summary>
    public string Detail => _entry.Sentence;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        httpContext.NoteError(_entry);
        if (Status is 429 or 503 || RetryAfter is not null)
            response.Headers.RetryAfter = RetryAfterSeconds;
        if (GrpcHeaders.TryAnswer(httpContext, _entry)) return;
        response.StatusCode = Status;
        if (Status is 401 && response.Headers.WWWAuthenticate.Count is 0) response.Headers.WWWAuthenticate = "Bearer";
        response.Headers.CacheControl = Answer.NotKept;
        response.ContentType = MediaTypeFor(httpContext.Request.Headers);
        var body = ToUtf8();
        response.ContentLength = body.Length;
        // If the caller has closed the connection, this write does nothing; a write with a cancelled token would throw.
        await response.Body.WriteAsync(body, CancellationToken.None);
    }

    /// <summary>The media type for a caller: that of a problem, if its Accept header allows it.</summary>
    public static string MediaTypeFor(IHeaderDictionary request) =>
        request.Accept.ToString().Contains(ProblemJson, StringComparison.OrdinalIgnoreCase) ? ProblemJson : PlainJson;

    /// <summary>The body.</summary>
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(BuildBody().ToJsonString(Readable));

    /// <summary>A body for a status that no part of Fleet chooses, in HTTP's own words.</summary>
    private static Problem Other(int status)
    {
        var title = ReasonPhrases.GetReasonPhrase(status);
        var slug = title.Replace(' ', '-').ToLowerInvariant();
        return new(RequestErrors.BadRequest with
        {
            Code = slug.Replace('-', '_').ToUpperInvariant(),
            Status = status,
            Slug = slug,
            Title = title,
            Rpc = RpcCode.Unknown,
            Sentence = "The request cannot be answered.",
            LegacyDetail = title,
        });
    }

    private static JsonObject LegacyErrors(ErrorEntry entry) =>
        new() { ["type"] = entry.Code, ["detail"] = entry.LegacyDetail ?? entry.Sentence };

    /// <summary>
    /// The errors in the older shape, with the checkout that holds the reader, or the reader as which a device is
    /// paired.
    /// </summary>
    private static JsonObject LegacyErrors(ErrorEntry entry, Refusal refusal)
    {
        var errors = LegacyErrors(entry);
        if (refusal.Holder is { } holder)
        {
            errors["checkout_id"] = holder.CheckoutId.ToString();
            errors["checkout_state"] = holder.State.ToWireName();
            if (holder.Until is { } until) errors["busy_until"] = Rfc3339.TextOf(until);
        }
        if (refusal.Reader is { } reader) (errors["reader_id"], errors["reader_name"]) = (reader.Id, reader.Name);
        return errors;
    }

    /// <summary>The amount that can be refunded, in major units like the amount of a refund.</summary>
    private static JsonArray Refundable(ErrorEntry entry, Money? left) => new(new JsonObject
    {
        ["code"] = entry.Code,
        ["detail"] = entry.Sentence.TrimEnd('.'),
        ["reason"] = "amount_too_high",
        ["max_refundable_amount"] = left?.Major(left.Value),
    });

    /// <summary>
    /// The error of each field. A field with the name of one of the two members of every error is only in the list.
    /// </summary>
    private static JsonObject FieldMap(ErrorEntry entry, IReadOnlyList<FieldError> fields)
    {
        var errors = LegacyErrors(entry with { Sentence = ErrorCatalogue.Sentence(fields) });
        foreach (var group in fields.GroupBy(error => error.Field))
            errors.TryAdd(group.Key, new JsonArray([.. group.Select(error => JsonValue.Create(error.Message))]));
        return errors;
    }

    private static JsonArray FieldList(IReadOnlyList<FieldError> fields) => new([.. fields
        .Select(error => new JsonObject { ["name"] = error.Field, ["message"] = error.Message })]);

    private JsonObject BuildBody()
    {
        var body = new JsonObject
        {
            ["type"] = Types + _entry.Slug,
            ["title"] = _entry.Title,
            ["status"] = Status,
            ["detail"] = _entry.Sentence,
            ["errors"] = _errors.DeepClone(),
        };
        if (_fields is not null) body["fields"] = _fields.DeepClone();
        (body["message"], body["error_code"]) = (Message, Code);
        return body;
    }
}

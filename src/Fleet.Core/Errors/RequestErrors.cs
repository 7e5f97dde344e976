namespace Fleet.Core.Errors;

/// <summary>What is wrong with a request in itself, whatever the state of Fleet is.</summary>
public static class RequestErrors
{
    private const string ForDevelopers = "Have the till's program corrected.";

    /// <summary>
    /// The request cannot be read, or a rule of a field is broken where SumUp's description says 400.
    /// </summary>
    public static readonly ErrorEntry BadRequest =
        new("BAD_REQUEST", 400, "bad-request", "Bad Request", RpcCode.InvalidArgument)
        {
            Sentence = "The request is malformed.",
            Till = ForDevelopers,
            Operator = "Correct what the message names.",
            Developer = "Correct the request; `errors` names the fields that are wrong, if there are any.",
        };

    /// <summary>No such object, or one of another merchant; the two are told in the same words.</summary>
    public static readonly ErrorEntry NotFound =
        new("NOT_FOUND", 404, "not-found", "Requested resource couldn't be found.", RpcCode.NotFound)
        {
            Refusal = RefusalCode.NotFound,
            Sentence = "The requested resource doesn't exist or does not belong to you.",
            Till = "Choose the reader or the payment again from the list.",
            Operator = "Look at the id and at the merchant: for a key, objects beyond its reach do not exist.",
            Developer = "Check path, id and merchant; objects beyond the key's reach get the same answer.",
            LegacyDetail = "Not Found",
        };

    /// <summary>The path knows other methods.</summary>
    public static readonly ErrorEntry MethodNotAllowed =
        new("METHOD_NOT_ALLOWED", 405, "method-not-allowed", "Method Not Allowed", RpcCode.Unknown)
        {
            Sentence = "This resource does not know that method.",
            Till = ForDevelopers,
            Operator = "Use a method that the header Allow lists.",
            Developer = "Use a method that the header `Allow` lists.",
            LegacyDetail = "Method Not Allowed",
        };

    /// <summary>The request did not arrive.</summary>
    public static readonly ErrorEntry RequestTimeout =
        new("REQUEST_TIMEOUT", 408, "request-timeout", "Request Timeout", RpcCode.Unknown)
        {
            Sentence = "The request did not arrive in time.",
            Till = "See whether the network is slow, and try again.",
            Operator = "Look at the network between the till and the node.",
            Developer = "Send the whole request at once.",
            LegacyDetail = "Request Timeout",
        };

    /// <summary>The body is too large; <c>bytes</c> says how large it may be.</summary>
    public static readonly ErrorEntry ContentTooLarge =
        new("CONTENT_TOO_LARGE", 413, "content-too-large", "Content Too Large", RpcCode.Unknown)
        {
            Sentence = "The body is larger than {bytes} bytes.",
            Till = ForDevelopers,
            Operator = "Send less at once.",
            Developer = "Send a smaller body; shorten the description.",
            LegacyDetail = "Content Too Large",
        };

    /// <summary>The first line of the request is too long.</summary>
    public static readonly ErrorEntry UriTooLong =
        new("URI_TOO_LONG", 414, "uri-too-long", "URI Too Long", RpcCode.Unknown)
        {
            Sentence = "The method and the address of the request are too long.",
            Till = ForDevelopers,
            Operator = "Use a shorter address.",
            Developer = "Send fewer parameters in the query.",
            LegacyDetail = "URI Too Long",
        };

    /// <summary>The caller accepts no form in which there is an answer.</summary>
    public static readonly ErrorEntry NotAcceptable =
        new("NOT_ACCEPTABLE", 406, "not-acceptable", "Not Acceptable", RpcCode.Unknown)
        {
            Sentence = "A receipt is application/json, text/html or application/pdf: accept one of them.",
            Till = ForDevelopers,
            Operator = "Accept JSON, HTML or PDF.",
            Developer = "Name one of the three in `Accept`, or send no `Accept`.",
            LegacyDetail = "Not Acceptable",
        };

    /// <summary>The body is no JSON in UTF-8.</summary>
    public static readonly ErrorEntry UnsupportedMediaType =
        new("UNSUPPORTED_MEDIA_TYPE", 415, "unsupported-media-type", "Unsupported Media Type", RpcCode.Unknown)
        {
            Sentence = "Send the body as application/json, in UTF-8 and without compression.",
            Till = ForDevelopers,
            Operator = "Send the body as JSON.",
            Developer = "Send `Content-Type: application/json`, UTF-8, no `Content-Encoding`.",
            LegacyDetail = "Unsupported Media Type",
        };

    /// <summary>The headers are too large.</summary>
    public static readonly ErrorEntry HeadersTooLarge = new("REQUEST_HEADER_FIELDS_TOO_LARGE", 431,
        "request-header-fields-too-large", "Request Header Fields Too Large", RpcCode.Unknown)
    {
        Sentence = "The headers of the request are too large, or too many.",
        Till = ForDevelopers,
        Operator = "See whether a proxy adds headers.",
        Developer = "Send at most 100 headers, and at most 32 KiB of them.",
        LegacyDetail = "Request Header Fields Too Large",
    };

    /// <summary>The request is of another version of HTTP.</summary>
    public static readonly ErrorEntry HttpVersion = new("HTTP_VERSION_NOT_SUPPORTED", 505,
        "http-version-not-supported", "HTTP Version Not Supported", RpcCode.Unknown)
    {
        Sentence = "The request cannot be answered.",
        Till = ForDevelopers,
        Operator = "See which version of HTTP a proxy in between speaks.",
        Developer = "Use HTTP/1.1 or HTTP/2.",
        LegacyDetail = "HTTP Version Not Supported",
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        BadRequest, NotFound, MethodNotAllowed, RequestTimeout, ContentTooLarge, UriTooLong, NotAcceptable,
        UnsupportedMediaType,
        new("VALIDATION_ERROR", 422, "validation-error", "Unprocessable Entity", RpcCode.InvalidArgument)
        {
            Refusal = RefusalCode.Invalid,
            Sentence = "{fields}.",
            Till = "Correct the fields that are named.",
            Operator = "Correct the fields that are named.",
            Developer = "Correct the fields: `fields` lists them, gRPC has them as `BadRequest`.",
        },
        HeadersTooLarge, HttpVersion,
    ];
}

namespace Fleet.Core.Errors;

/// <summary>One error that a caller can be told, the same in REST, gRPC, the command line and metrics.</summary>
/// <param name="Code">The public word. It never changes, because programs branch on it.</param>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Slug">The last part of the URI that names the kind of problem (RFC 9457).</param>
/// <param name="Title">A few words, the same for every problem of this kind.</param>
/// <param name="Rpc">The status of gRPC.</param>
public sealed record ErrorEntry(string Code, int Status, string Slug, string Title, RpcCode Rpc)
{
    /// <summary>Which refusal it tells; null for an error that no rule of the domain decides.</summary>
    public RefusalCode? Refusal { get; init; }

    /// <summary>What is told. A name in braces stands for a value that is known only then.</summary>
    public required string Sentence { get; init; }

    /// <summary>What a person at a till does about it, or the till's program for that person.</summary>
    public required string Till { get; init; }

    /// <summary>
    /// What a person with the command line does about it; <see cref="ErrorCatalogue.Checkout"/> stands for an id.
    /// </summary>
    public required string Operator { get; init; }

    /// <summary>What the developer of the calling program does about it.</summary>
    public required string Developer { get; init; }

    /// <summary>What SumUp's older shape has as <c>errors.detail</c>; null when that is the sentence.</summary>
    public string? LegacyDetail { get; init; }

    /// <summary>What SumUp's oldest shape has as <c>error_code</c>; null when that is the code.</summary>
    public string? LegacyCode { get; init; }

    /// <summary>The same error with a value in its sentence.</summary>
    public ErrorEntry With(string name, string value) =>
        this with { Sentence = Sentence.Replace($"{{{name}}}", value, StringComparison.Ordinal) };
}

/// <summary>The statuses of gRPC that Fleet uses, with gRPC's own names and numbers.</summary>
public enum RpcCode
{
    /// <summary>The caller ended the call.</summary>
    Cancelled = 1,

    /// <summary>Nothing that gRPC has a status for.</summary>
    Unknown = 2,

    /// <summary>The request is wrong in itself.</summary>
    InvalidArgument = 3,

    /// <summary>The caller's own time was over.</summary>
    DeadlineExceeded = 4,

    /// <summary>It is not there, or the caller does not reach it.</summary>
    NotFound = 5,

    /// <summary>It is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The key may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>Too much was asked.</summary>
    ResourceExhausted = 8,

    /// <summary>
    /// A person has to change something first. Clients' libraries do not repeat such a call by themselves, which is
    /// right for a reader that is busy or offline.
    /// </summary>
    FailedPrecondition = 9,

    /// <summary>The node does not know the method.</summary>
    Unimplemented = 12,

    /// <summary>The node cannot answer now.</summary>
    Unavailable = 14,

    /// <summary>There is no key, or not one that is good.</summary>
    Unauthenticated = 16,
}

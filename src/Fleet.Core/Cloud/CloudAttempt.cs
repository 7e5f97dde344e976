using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>
/// Why it is not known whether SumUp took a checkout, or how it ended. New members go to the end: nodes of different
/// versions tell each other the number.
/// </summary>
public enum Doubt
{
    /// <summary>No answer came in time, or the node stopped before it had read one.</summary>
    NoAnswer,

    /// <summary>The connection broke after the request, or a part of it, was sent.</summary>
    Reset,

    /// <summary>SumUp, or a gateway in front of it, failed.</summary>
    ServerError,

    /// <summary>The answer cannot be read: a success without ids, or a status that says neither yes nor no.</summary>
    BadAnswer,

    /// <summary>SumUp says that it has this checkout already, or that something else is in conflict with it.</summary>
    Conflict,

    /// <summary>SumUp gets too many requests. Whether this one was carried out is not documented.</summary>
    RateLimited,

    /// <summary>SumUp took the checkout, and no result could be read in the time that a payment takes.</summary>
    NoResult,
}

/// <summary>The ids under which SumUp's cloud knows a checkout. Each is null until SumUp has told it.</summary>
/// <param name="CheckoutId">The id of the checkout; older versions of SumUp's API do not tell it.</param>
/// <param name="ClientTransactionId">The id by which its transaction is found.</param>
/// <param name="TransactionCode">The short code of its transaction, known after a card was presented.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-ids")]
public sealed record CloudIds(
    [property: Id(0)] string? CheckoutId = null,
    [property: Id(1)] string? ClientTransactionId = null,
    [property: Id(2)] string? TransactionCode = null)
{
    /// <summary>The longest id that is kept, chosen by us.</summary>
    public const int MaxLength = 100;

    /// <summary>
    /// These ids without those that cannot be ids. Ids are put into paths, so only letters, digits and the signs of
    /// UUIDs and URNs are kept.
    /// </summary>
    public CloudIds KeepReadable() => new(
        IsReadable(CheckoutId) ? CheckoutId : null,
        IsReadable(ClientTransactionId) ? ClientTransactionId : null,
        IsReadable(TransactionCode) ? TransactionCode : null);

    /// <summary>Whether they are enough to ask SumUp about the checkout.</summary>
    public bool AreEnough => CheckoutId is not null || ClientTransactionId is not null;

    /// <summary>These ids, and those of another answer where these have none.</summary>
    public CloudIds FillFrom(CloudIds other) => new(
        CheckoutId ?? other.CheckoutId,
        ClientTransactionId ?? other.ClientTransactionId,
        TransactionCode ?? other.TransactionCode);

    private static bool IsReadable(string? id) =>
        id is { Length: > 0 and <= MaxLength } && id.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or ':')
        && id.Any(char.IsAsciiLetterOrDigit);
}

/// <summary>The one attempt to give a checkout to SumUp's cloud. It is saved before anything is sent.</summary>
/// <param name="ReaderId">The cloud's id of the reader.</param>
/// <param name="ForeignId">Our own reference, by which the cloud finds the transaction.</param>
/// <param name="SentAt">When the attempt was permitted; nothing was sent before.</param>
/// <param name="CheckoutId">The cloud's id of the checkout, once it is known.</param>
/// <param name="ClientTransactionId">The cloud's id of the transaction, once it is known.</param>
/// <param name="TransactionCode">The cloud's short code of the transaction, once it is known.</param>
/// <param name="Doubt">
/// Why the result is not known; null when it is, or when the payment just goes on. It stays with a checkout that ended
/// without a result of the cloud.
/// </param>
/// <param name="DoubtSince">Since when.</param>
/// <param name="Refused">Why the cloud did not take it; null when it did, or may have.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-attempt")]
public sealed record CloudAttempt(
    [property: Id(0)] string ReaderId,
    [property: Id(1)] string ForeignId,
    [property: Id(2)] DateTimeOffset SentAt,
    [property: Id(3)] string? CheckoutId = null,
    [property: Id(4)] string? ClientTransactionId = null,
    [property: Id(5)] string? TransactionCode = null,
    [property: Id(6)] Doubt? Doubt = null,
    [property: Id(7)] DateTimeOffset? DoubtSince = null,
    [property: Id(8)] Refusal? Refused = null)
{
    private const string ForeignPrefix = "fleet-";

    /// <summary>What the cloud calls the checkout.</summary>
    public CloudIds Ids => new(CheckoutId, ClientTransactionId, TransactionCode);

    /// <summary>Whether the cloud is known to have taken the checkout.</summary>
    public bool IsConfirmed => Ids.AreEnough;

    /// <summary>Whether what was read has the reference of another payment. None says nothing.</summary>
    /// <param name="foreignId">The reference that was read; null when the source does not tell it.</param>
    public bool IsDeniedBy(string? foreignId) => foreignId is not null && foreignId != ForeignId;

    /// <summary>The reference of a checkout: each has its own, so the cloud can refuse a second one.</summary>
    public static string ForeignIdOf(Guid checkoutId) => $"{ForeignPrefix}{checkoutId:N}";

    /// <summary>The checkout of a reference; null when it is not one of Fleet's.</summary>
    public static Guid? CheckoutOf(string? foreignId) =>
        foreignId is not null && foreignId.StartsWith(ForeignPrefix, StringComparison.Ordinal)
        && Guid.TryParseExact(foreignId[ForeignPrefix.Length..], "N", out var id)
            ? id
            : null;

    /// <summary>The attempt of which something was learnt, so that it is not in doubt any more.</summary>
    public CloudAttempt EndDoubt() => this with { Doubt = null, DoubtSince = null };

    /// <summary>The attempt with ids that it did not have. An id that is known is never replaced.</summary>
    public CloudAttempt LearnIds(CloudIds ids)
    {
        var all = Ids.FillFrom(ids.KeepReadable());
        return this with
        {
            CheckoutId = all.CheckoutId,
            ClientTransactionId = all.ClientTransactionId,
            TransactionCode = all.TransactionCode,
        };
    }
}

using Fleet.Core.Errors;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for the answer to the one attempt to create a checkout. Only an answer that certainly means no is a
/// refusal: after everything else the card may be charged.
/// </summary>
public static class AnswerRules
{
    /// <summary>The longest type of an error that is told on, chosen by us.</summary>
    public const int MaxType = 40;

    private const string Untyped = "unprocessable-entity", WrongFields = "validation-error";

    /// <summary>Sorts the answer to the attempt.</summary>
    public static Sorted SortAnswer(CreateAnswer answer) => SortUnanswered(answer) ?? answer.Status switch
    {
        >= 200 and < 300 => SortSuccess(answer.Ids?.KeepReadable()),
        400 or 401 or 403 or 404 or 422 => SortRefusal(answer),
        _ => Doubt.BadAnswer,
    };

    /// <summary>What is no answer to the request, whatever it asked for; null for an answer.</summary>
    internal static Sorted? SortUnanswered(CreateAnswer answer) => answer switch
    {
        { Failure: TransportFailure.NeverSent } => Refusal.ProviderUnavailable,
        { Failure: TransportFailure.TimedOut } or { Failure: null, Status: 408 } => Doubt.NoAnswer,
        { Failure: not null } => Doubt.Reset,
        { Status: 409 } => Doubt.Conflict,
        { Status: 429 } => Doubt.RateLimited,
        { Status: >= 500 } => Doubt.ServerError,
        _ => null,
    };

    /// <summary>
    /// What the till is told after a refusal that did not say why. The checkout was not taken, whatever the status is.
    /// </summary>
    /// <param name="status">The reader's status, read after the refusal; null when it could not be read.</param>
    public static Refusal SortUntyped(CloudReaderStatus? status) => status switch
    {
        { Online: false } => Refusal.ReaderOffline,
        { State: not null, IsIdle: false } => new Refusal(RefusalCode.ReaderBusy),
        _ => Refusal.ProviderRefused(Untyped),
    };

    private static Sorted SortSuccess(CloudIds? ids) => ids is { AreEnough: true } ? ids : Doubt.BadAnswer;

    private static Sorted SortRefusal(CreateAnswer answer)
    {
        var type = ShortenType(answer.Type);
        // Each attempt has its own reference and is sent once. So a duplicate means that it arrived twice, as when
        // a gateway repeats a request, and that the first one may have been taken.
        if (SaysDuplicate(type) || SaysDuplicate(answer.Detail)) return Doubt.Conflict;
        if (type == SlugOf(RefusalCode.ReaderOffline)) return Refusal.ReaderOffline;
        if (type == SlugOf(RefusalCode.ReaderBusy)) return new Refusal(RefusalCode.ReaderBusy);
        if (answer.NamesFields) return Refusal.ProviderRefused(WrongFields);
        if (answer.Status is 422 && type is null or Untyped) return Sorted.NeedsStatus;
        return Refusal.ProviderRefused(type ?? TypeOf(answer.Status));
    }

    /// <summary>A gateway refuses duplicate headers, too; that says nothing about the checkout.</summary>
    private static bool SaysDuplicate(string? text) =>
        text?.Contains("duplicate", StringComparison.OrdinalIgnoreCase) is true
        && !text.Contains("header", StringComparison.OrdinalIgnoreCase);

    private static string SlugOf(RefusalCode code) => ErrorCatalogue.Of(code).Slug;

    internal static string TypeOf(int? status) => status switch
    {
        400 => "bad-request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not-found",
        _ => Untyped,
    };

    /// <summary>
    /// The type in one form: <c>READER_BUSY</c> and the URI <c>…/problem/reader-busy</c> are <c>reader-busy</c>. Null
    /// for what is no type.
    /// </summary>
    internal static string? ShortenType(string? type)
    {
        var word = type?[(type.LastIndexOf('/') + 1)..].Replace('_', '-').ToLowerInvariant();
        return word is { Length: > 0 and <= MaxType } && word.All(one => char.IsAsciiLetterOrDigit(one) || one is '-')
            ? word
            : null;
    }
}

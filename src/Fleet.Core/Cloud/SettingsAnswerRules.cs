using Fleet.Core.Errors;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for the cloud's answers about the settings of a reader. A change is applied, or certainly not applied, or
/// it is unknown; the passcode may be in the sentences of the cloud, so that only its types are told on.
/// </summary>
public static class SettingsAnswerRules
{
    private const string TooMany = "too-many-requests", WrongFields = "validation-error";

    /// <summary>Sorts the answer to a change; null when the device applied it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="isApplied">Whether it is a success that says so.</param>
    public static Refusal? SortChange(CreateAnswer answer, bool isApplied) => answer switch
    {
        { Failure: TransportFailure.NeverSent } => Refusal.ProviderUnavailable,
        { Failure: not null } or { Status: null or 408 or >= 500 } => Refusal.SettingsUnknown,
        { Status: >= 200 and < 300 } => isApplied ? null : Refusal.SettingsUnknown,
        _ => SortRefusal(answer),
    };

    /// <summary>Sorts the answer to a read that has no settings.</summary>
    public static Refusal SortRead(CreateAnswer answer) => answer switch
    {
        { Status: 404 } => Refusal.NotFound,
        { Status: 401 or 403 } => SortRefusal(answer),
        _ => Refusal.ProviderUnavailable,
    };

    private static Refusal SortRefusal(CreateAnswer answer)
    {
        var type = AnswerRules.ShortenType(answer.Type);
        if (type == ErrorCatalogue.Of(RefusalCode.ReaderOffline).Slug || SaysOffline(answer.Detail))
            return Refusal.ReaderOffline;
        if (answer.NamesFields) return Refusal.ProviderRefused(WrongFields);
        return Refusal.ProviderRefused(type ?? (answer.Status is 429 ? TooMany : AnswerRules.TypeOf(answer.Status)));
    }

    private static bool SaysOffline(string? sentence) =>
        sentence?.Contains("offline", StringComparison.OrdinalIgnoreCase) is true;
}

using System.Text.Json;
using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>Reads what the cloud answered.</summary>
internal static class CloudAnswers
{
    private static readonly string[] RequestIds = ["X-Request-Id", "X-Correlation-Id", "CF-Ray"];

    /// <param name="answer">The answer, with its body in memory.</param>
    /// <param name="read">Reads the body of a success; null when nothing is read of it.</param>
    /// <param name="account">Whose key was sent; also when the cloud repeats it, it is in no answer.</param>
    public static async Task<CloudAnswer<T>> Read<T>(
        HttpResponseMessage answer, Func<JsonElement, T>? read, CloudAccount account) where T : class
    {
        var status = (int)answer.StatusCode;
        var body = account.Key.RemoveFrom(await answer.Content.ReadAsStringAsync());
        if (status is < 200 or >= 300)
        {
            // its sentences may repeat what was sent, and are told to people
            var error = CloudError.Read(ExchangeRedaction.RedactText(body, account.Key), RequestIdOf(answer));
            return new(CloudFailure.None, status, null, error, answer.ReadPause(account.Time), null);
        }
        try
        {
            if (read is null && SaysYes(body)) return new(CloudFailure.None, status, null, null, null, null);
            if (read is null)
                return CloudAnswer<T>.Failed(CloudFailure.Unreadable, "the answer is no clear yes", status);
            if (LenientJson.ParseObject(body) is { } json)
                return new(CloudFailure.None, status, read(json), null, null, null);
        }
        catch (InvalidOperationException)
        {
            // the name of a member has half of a surrogate pair, or the list of a page is missing
        }
        return CloudAnswer<T>.Failed(CloudFailure.Unreadable, "the answer is no JSON object", status);
    }

    /// <summary>
    /// Whether the body of a success agrees: it is empty, or an object that tells of no failure. A page in HTML is from
    /// a box in between.
    /// </summary>
    private static bool SaysYes(string body) => string.IsNullOrWhiteSpace(body)
        || (LenientJson.ParseObject(body) is { } json && CloudStatusWords.ReadStatus(json.Data().Text("status"))
            is not (CloudStatus.Failed or CloudStatus.Cancelled));

    private static string? RequestIdOf(HttpResponseMessage answer) => RequestIds
        .Select(name => answer.Headers.TryGetValues(name, out var values) ? values.First() : null)
        .FirstOrDefault(id => id is { Length: > 0 and <= 200 });
}

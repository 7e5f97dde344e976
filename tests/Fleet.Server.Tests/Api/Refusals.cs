using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>
/// What is true of every refusal: it is JSON that names the error, and it says nothing of Fleet's inside.
/// </summary>
internal static class Refusals
{
    private const string Types = "https://developer.sumup.com/problem/";

    /// <summary>Demands a refusal that official SDKs can read, with the field and the code if they are given.</summary>
    public static async Task MustRefuse(
        this HttpResponseMessage answer, int status, string? field = null, string? code = null)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, $"{status} expected, but it was {answer.StatusCode}: {text}");
        var mediaType = answer.Content.Headers.ContentType?.MediaType;
        Assert.True(mediaType is "application/json" or "application/problem+json",
            $"a refusal with {status} is JSON, but it was {mediaType ?? "nothing"}: \"{text}\"");
        CheckBody(text, status, field, code);
    }

    /// <summary>The same for a request that had to be written by hand.</summary>
    public static void MustRefuse(this RawAnswer answer, int status, string? field = null, string? code = null)
    {
        Assert.True(status == answer.Status, $"{status} expected, but it was {answer.Head}\n{answer.Body}");
        CheckBody(answer.Body, status, field, code);
    }

    private static void CheckBody(string text, int status, string? field, string? code)
    {
        var problem = JsonElement.Parse(text);
        Assert.StartsWith(Types, problem.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEqual("", problem.GetProperty("title").GetString());
        Assert.NotEqual("", problem.GetProperty("detail").GetString());
        Assert.NotEqual("", problem.GetProperty("message").GetString());
        Assert.Matches("^[A-Z_]+$", problem.GetProperty("error_code").GetString());
        var errors = problem.GetProperty("errors");
        Assert.Matches("^[A-Z_]+$", errors.GetProperty("type").GetString());
        if (code is not null) Assert.Equal(code, errors.GetProperty("type").GetString());
        Assert.NotEqual("", errors.GetProperty("detail").GetString());
        if (field is not null) Assert.Contains(field, errors.EnumerateObject().Select(member => member.Name));
        Assert.DoesNotMatch(@"Exception|System\.|   at ", text);
    }
}

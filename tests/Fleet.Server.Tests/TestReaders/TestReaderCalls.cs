using System.Net;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>What a till's test says to Fleet about virtual readers.</summary>
internal static class TestReaderCalls
{
    public const string Readers = "/fleet/v1/test/readers";

    /// <summary>Makes one test reader, which is online then.</summary>
    public static async Task<string> MakeReader(this Till till, object? ask = null)
    {
        using var answer = await till.Post(Readers, ask ?? new { });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var made = (await answer.Json()).GetProperty("readers")[0];
        Assert.True(made.GetProperty("online").GetBoolean());
        return made.Text("reader_id");
    }

    /// <summary>A wish that must be done: what is on the reader then.</summary>
    public static async Task<JsonElement> Act(this Till till, string reader, string what, object? ask = null)
    {
        using var answer = await till.Post($"{Readers}/{reader}/{what}", ask ?? new { });
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }

    /// <summary>What is on the reader.</summary>
    public static async Task<JsonElement> Scene(this Till till, string reader, string query = "")
    {
        using var answer = await till.Get($"{Readers}/{reader}{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Json()).GetProperty("scene");
    }

    /// <summary>Waits until the reader shows a screen.</summary>
    public static Task Shows(this Till till, string reader, string screen) =>
        Eventually.Equal(screen, async () => (await till.Scene(reader)).Text("screen"));

    /// <summary>State and reason of the checkout in an answer, for example <c>FAILED declined</c>.</summary>
    public static string Ended(this JsonElement reader)
    {
        var checkout = reader.GetProperty("checkout");
        var why = checkout.TryGetProperty("reason", out var reason) ? reason.Text("code") : "";
        return $"{checkout.Text("state")} {why}".Trim();
    }
}

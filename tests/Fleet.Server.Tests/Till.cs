using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>A till: one merchant's key, and the paths below that merchant.</summary>
public sealed class Till(Uri address, string merchant, string? key)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 512 });

    public Task<HttpResponseMessage> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<HttpResponseMessage> Delete(string path) => Send(HttpMethod.Delete, path, null);

    public Task<HttpResponseMessage> Patch(string path, object body) =>
        Send(HttpMethod.Patch, path, JsonContent.Create(body));

    public Task<HttpResponseMessage> Post(string path, object body, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, JsonContent.Create(body), headers);

    /// <summary>
    /// A request as it stands; <paramref name="path"/> is below the merchant, or begins at the root. Fails when the
    /// answer of a route of REST is not as our API description says.
    /// </summary>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        var request = Request(method, path, content, headers);
        var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        await Described.Agreed.CheckRest(answer);
        return answer;
    }

    /// <summary>A stream: the answer is there as soon as its head is.</summary>
    public Task<HttpResponseMessage> Open(string path, string? lastEventId = null) => Http.SendAsync(
        Request(HttpMethod.Get, path, null, lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]),
        HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    /// <summary>A request that the till gives up when it is told to.</summary>
    public Task<HttpResponseMessage> Hold(string path, CancellationToken giveUp) =>
        Hold(HttpMethod.Get, path, null, giveUp);

    /// <summary>The same for any request.</summary>
    public Task<HttpResponseMessage> Hold(
        HttpMethod method, string path, HttpContent? content, CancellationToken giveUp) =>
        Http.SendAsync(Request(method, path, content, []), giveUp);

    private HttpRequestMessage Request(
        HttpMethod method, string path, HttpContent? content, (string Name, string Value)[] headers)
    {
        var whole = path.StartsWith('/') ? path : $"/v0.1/merchants/{merchant}/{path}";
        var request = new HttpRequestMessage(method, new Uri(address, whole)) { Content = content };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    /// <summary>Starts a checkout of 15.00 EUR, or <paramref name="body"/>, that must be accepted.</summary>
    public async Task<Guid> Charge(string readerId, object? body = null)
    {
        using var answer = await Post($"readers/{readerId}/checkout", body ?? Checkouts.Coffee);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Json()).GetProperty("data").GetProperty("checkout_id").GetGuid();
    }

    /// <summary>What Get checkout says, which must be something.</summary>
    public async Task<JsonElement> Checkout(string readerId, Guid checkoutId)
    {
        using var answer = await Get($"readers/{readerId}/checkout/{checkoutId}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Json()).GetProperty("data");
    }

    /// <summary>A reader's status as it is told.</summary>
    public async Task<JsonElement> HowIs(string readerId)
    {
        using var answer = await Get($"readers/{readerId}/status");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Json()).GetProperty("data");
    }

    /// <summary>Waits until a reader is <c>ONLINE</c> or <c>OFFLINE</c>.</summary>
    public Task Becomes(string readerId, string status) =>
        Eventually.Equal(status, async () => (await HowIs(readerId)).GetProperty("status").GetString());

    /// <summary>All that happened to a checkout.</summary>
    public async Task<JsonElement> Timeline(Guid checkoutId)
    {
        using var answer = await Get($"/fleet/v1/checkouts/{checkoutId}/timeline");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    /// <summary>Status and reason of a checkout, for example <c>cancelled/expired</c>.</summary>
    public async Task<string> Outcome(string readerId, Guid checkoutId)
    {
        var checkout = await Checkout(readerId, checkoutId);
        var status = checkout.GetProperty("status").GetString();
        return checkout.GetProperty("payment_failure_reason").GetString() is { } why ? $"{status}/{why}" : $"{status}";
    }
}

public static class Checkouts
{
    public static readonly object Coffee =
        new { total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 } };
}

public static class Answers
{
    public static async Task<JsonElement> Json(this HttpResponseMessage answer) =>
        JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

    /// <summary>The machine-readable error of an answer, for example <c>422 READER_BUSY</c>.</summary>
    public static async Task<string> Refusal(this HttpResponseMessage answer) =>
        $"{(int)answer.StatusCode} {(await answer.Json()).GetProperty("errors").GetProperty("type").GetString()}";
}

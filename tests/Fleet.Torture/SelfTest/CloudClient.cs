using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Fleet.Torture.Cloud;

namespace Fleet.Torture.SelfTest;

/// <summary>What a client saw of a call.</summary>
/// <param name="What">The status, or how the connection ended.</param>
/// <param name="Body">The answer's; null when there is none, or it is no JSON.</param>
/// <param name="Took">How long it waited.</param>
/// <param name="Date">The cloud's clock.</param>
internal sealed record Sight(string What, JsonElement? Body, TimeSpan Took, DateTimeOffset? Date)
{
    public JsonElement Data => Body?.GetProperty("data") ?? throw new InvalidOperationException($"{What} has no data.");
}

/// <summary>A client of the cloud that repeats nothing: each call has a connection of its own.</summary>
internal sealed class CloudClient(StandInCloud cloud) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero,
    })
    {
        BaseAddress = cloud.Proxy.Address,
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", StandInCloud.Key) },
    };

    /// <summary>How long it waits for an answer.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    public Task<Sight> Create(
        string reader, string reference, long amount = 1500, string? returnUrl = null, decimal[]? tips = null) =>
        Send(HttpMethod.Post, $"/v0.1/merchants/{StandInCloud.MerchantCode}/readers/{reader}/checkout", new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = amount },
            affiliate = new
            {
                app_id = StandInCloud.AppId, key = StandInCloud.AffiliateKey, foreign_transaction_id = reference,
            },
            return_url = returnUrl,
            tip_rates = tips,
        });

    public Task<Sight> Read(string reader, string path) => Send(
        HttpMethod.Get, $"/v0.1/merchants/{StandInCloud.MerchantCode}/readers/{reader}{path}", null);

    public Task<Sight> Terminate(string reader) => Send(
        HttpMethod.Post, $"/v0.1/merchants/{StandInCloud.MerchantCode}/readers/{reader}/terminate", null);

    public Task<Sight> Transactions(string query) => Send(
        HttpMethod.Get, $"/v2.1/merchants/{StandInCloud.MerchantCode}/transactions{query}", null);

    public void Dispose() => _http.Dispose();

    private async Task<Sight> Send(HttpMethod method, string path, object? body)
    {
        var since = Stopwatch.GetTimestamp();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null) request.Content = JsonContent.Create(body);
            using var answer = await _http.SendAsync(request, patience.Token);
            var text = await answer.Content.ReadAsStringAsync(patience.Token);
            var json = TryParse(text);
            var what = $"{(int)answer.StatusCode}" + (json is null ? $" {answer.Content.Headers.ContentType?.MediaType}"
                : answer.Headers.RetryAfter is { } after ? $" after {after}"
                : (int)answer.StatusCode < 400 ? "" : $" {DetailOf(json.Value)}");
            return new(what, json, Stopwatch.GetElapsedTime(since), answer.Headers.Date);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return new("silence", null, Stopwatch.GetElapsedTime(since), null);
        }
        catch (HttpRequestException e)
        {
            var how = e.HttpRequestError switch
            {
                HttpRequestError.ConnectionError => "refused",
                HttpRequestError.ResponseEnded => "closed",
                _ when e.InnerException?.InnerException is SocketException
                {
                    SocketErrorCode: SocketError.ConnectionReset,
                } => "reset",
                _ => $"{e}",
            };
            return new(how, null, Stopwatch.GetElapsedTime(since), null);
        }
    }

    private static string DetailOf(JsonElement json) =>
        json.TryGetProperty("errors", out var errors) ? $"{errors}" : json.GetProperty("error_code").GetString() ?? "";

    private static JsonElement? TryParse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

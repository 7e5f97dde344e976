using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>What a till means to sell.</summary>
/// <param name="Name">Written into the checkout's description, so that every checkout can be told where it comes
/// from.</param>
/// <param name="Reader">On which reader.</param>
/// <param name="Key">The idempotency key; null for a till that does not know of keys.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">Minor units.</param>
internal sealed record Sale(string Name, string Reader, string? Key, string Currency, long Amount);

/// <summary>Asks the nodes and writes down every question, with its answer or without.</summary>
internal sealed class Caller : IDisposable
{
    /// <summary>Seconds.</summary>
    private const int LongestWait = 10;

    private const string ProblemJson = "application/problem+json";

    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentQueue<Call> _calls = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = DialLimit })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Bearer", ServerProcess.Key),
            Accept = { new("application/json"), new(ProblemJson) },
        },
    };

    /// <summary>Longer than a node needs to hand a request to another one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public IReadOnlyCollection<Call> Calls => _calls;

    /// <summary>The URL to which every outcome is sent; null for none.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>Whether checkouts carry the till's own name of the sale, under which it is paid once only.</summary>
    public bool SendsReferences { get; init; }

    /// <summary>The tips that customers are offered; null for none.</summary>
    public IReadOnlyList<decimal>? TipRates { get; init; }

    public Task<Call> Start(Uri node, Sale sale, TimeSpan? patience = null)
    {
        var request = Request(HttpMethod.Post, node, sale.Reader, "checkout");
        if (sale.Key is not null) request.Headers.Add("Idempotency-Key", sale.Key);
        request.Content = JsonContent.Create(new
        {
            total_amount = new { currency = sale.Currency, minor_unit = 2, value = sale.Amount },
            description = sale.Name,
            return_url = ReturnUrl,
            tip_rates = TipRates,
            affiliate = SendsReferences
                ? new { app_id = "torture", key = "torture", foreign_transaction_id = sale.Name } : null,
        });
        return Ask(request, CallKind.Start, sale, node, null, patience ?? Patience);
    }

    public Task<Call> Read(Uri node, Sale sale, Guid checkout) => Ask(
        Request(HttpMethod.Get, node, sale.Reader, $"checkout/{checkout}"), CallKind.Read, sale, node,
        checkout, Patience);

    /// <summary>The same, and has the node answer as soon as there is an outcome.</summary>
    public Task<Call> Wait(Uri node, Sale sale, Guid checkout) => Ask(
        Request(HttpMethod.Get, node, sale.Reader, $"checkout/{checkout}?wait={LongestWait}"), CallKind.Wait, sale,
        node, checkout, Patience);

    /// <summary>Terminates that checkout and no other.</summary>
    public Task<Call> End(Uri node, Sale sale, Guid checkout)
    {
        var request = Request(HttpMethod.Post, node, sale.Reader, "terminate");
        request.Content = JsonContent.Create(new { expected_checkout_id = checkout });
        return Ask(request, CallKind.End, sale, node, checkout, Patience);
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(HttpMethod method, Uri node, string reader, string path) =>
        new(method, new Uri(node, $"/v0.1/merchants/{ServerProcess.Merchant}/readers/{reader}/{path}"));

    private async Task<Call> Ask(
        HttpRequestMessage request, CallKind kind, Sale sale, Uri node, Guid? checkout, TimeSpan patience)
    {
        var asked = Now();
        var answer = await Answer(request, patience);
        var call = new Call
        {
            Kind = kind, Sale = sale.Name, Reader = sale.Reader, Node = node.Authority,
            Key = sale.Key, Currency = sale.Currency, Amount = sale.Amount,
            AskedAt = asked, AnsweredAt = Now(),
            Status = answer.Status, Refusal = answer.Refusal, Checkout = checkout ?? answer.Checkout,
            Outcome = answer.Outcome, IsProblem = answer.IsProblem, RetryAfter = answer.RetryAfter,
        };
        _calls.Enqueue(call);
        return call;
    }

    private async Task<Reply> Answer(HttpRequestMessage request, TimeSpan patience)
    {
        using var _ = request;
        using var limit = new CancellationTokenSource(patience);
        try
        {
            using var answer = await _http.SendAsync(request, limit.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(limit.Token);
            return Reply.Of(answer, body);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
        {
            return new(null);
        }
    }

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();

    private readonly record struct Reply(
        int? Status, string? Refusal = null, Guid? Checkout = null, string? Outcome = null, bool IsProblem = false,
        double? RetryAfter = null)
    {
        public static Reply Of(HttpResponseMessage answer, byte[] body)
        {
            var json = JsonDocument.Parse(body).RootElement;
            var about = json.TryGetProperty("data", out var data)
                || json.TryGetProperty("errors", out data) ? data : json;
            return new((int)answer.StatusCode, Text(about, "type"),
                Text(about, "checkout_id") is { } id ? Guid.Parse(id) : null,
                Text(about, "status"), answer.Content.Headers.ContentType?.MediaType == ProblemJson,
                answer.Headers.RetryAfter?.Delta?.TotalSeconds);
        }

        private static string? Text(JsonElement json, string member) =>
            json.TryGetProperty(member, out var text)
                && text.ValueKind is JsonValueKind.String ? text.GetString() : null;
    }
}

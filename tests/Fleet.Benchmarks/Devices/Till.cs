using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Fleet.Benchmarks.Devices;

/// <summary>The tills' requests while devices are measured.</summary>
internal sealed class Till : IDisposable
{
    /// <summary>HTTP connections that all checkouts share.</summary>
    private const int Connections = 64;

    /// <summary>What every checkout charges, in cents.</summary>
    public const long Amount = 1250;

    private static readonly string Checkout =
        $$$"""{"total_amount":{"currency":"EUR","minor_unit":2,"value":{{{Amount}}}}}""";

    private readonly HttpClient _http;

    public Till(int port)
    {
        _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = Connections })
        {
            BaseAddress = new($"http://127.0.0.1:{port}/v0.1/merchants/{BenchMerchant.Code}/"),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchMerchant.Key);
    }

    public Task Pair(string code) =>
        Post("readers", $$"""{"pairing_code":"{{code}}","name":"Bench"}""");

    public Task Charge(string readerId) => Post($"readers/{readerId}/checkout", Checkout);

    public Task End(string readerId) => Post($"readers/{readerId}/terminate", "", HttpStatusCode.Accepted);

    public void Dispose() => _http.Dispose();

    private async Task Post(string path, string json, HttpStatusCode expected = HttpStatusCode.Created)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(path, body);
        if (answer.StatusCode != expected)
            throw new InvalidOperationException($"Not a {(int)expected}:\n{await answer.Content.ReadAsStringAsync()}");
    }
}

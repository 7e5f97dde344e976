using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Fleet.Benchmarks.Cloud;

/// <summary>A payment at the stand-in.</summary>
/// <param name="Reference">Fleet's own reference of it.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="ArrivedAt">When its request was there.</param>
/// <param name="PaidAt">From when on it is paid.</param>
internal sealed record Payment(string Reference, long Amount, DateTimeOffset ArrivedAt, DateTimeOffset PaidAt)
{
    public string CheckoutId { get; } = $"{Guid.NewGuid()}";

    public string ClientId { get; } = $"{Guid.NewGuid()}";

    public bool IsPaid => TimeProvider.System.GetUtcNow() >= PaidAt;
}

/// <summary>
/// Stands in for SumUp's cloud: it has readers, takes every payment, says that it is paid when its time has come, and
/// counts the requests.
/// </summary>
internal sealed class CountingCloud : IAsyncDisposable
{
    public const string ApiKey = "sup_sk_Counted", AffiliateKey = "sup_afk_Counted", AppId = "com.example.counted";

    private const int MostListed = 100;

    private readonly WebApplication _app;
    private readonly string[] _readers;
    private readonly ConcurrentDictionary<string, Payment> _payments = new(); // under each of its ids
    private readonly ConcurrentQueue<Payment> _taken = new();
    private long _requests;

    private CountingCloud(int readers)
    {
        _readers = [.. Enumerable.Range(0, readers).Select(ReaderIds.Of)];
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Run(Serve);
    }

    public string Url => _app.Urls.Single();

    /// <summary>What a node must be told in order to be linked with it, with the budget that is the default.</summary>
    public string[] Link =>
    [
        "--Fleet:Merchants:0:Sandbox=false", $"--Fleet:Merchants:0:SumUp:ApiKey={ApiKey}",
        $"--Fleet:Merchants:0:SumUp:AffiliateAppId={AppId}", $"--Fleet:Merchants:0:SumUp:AffiliateKey={AffiliateKey}",
        $"--Fleet:Cloud:BaseUrl={Url}", "--Fleet:Cloud:TestBase=true",
    ];

    /// <summary>How long a payment takes, by its number from 0.</summary>
    public Func<int, TimeSpan> Takes { get; set; } = _ => TimeSpan.Zero;

    /// <summary>Requests that came so far.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary>The payments that were taken, in their order.</summary>
    public IReadOnlyList<Payment> Taken => [.. _taken];

    public static async Task<CountingCloud> Start(int readers)
    {
        var cloud = new CountingCloud(readers);
        await cloud._app.StartAsync();
        return cloud;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task Serve(HttpContext http)
    {
        var at = TimeProvider.System.GetUtcNow();
        Interlocked.Increment(ref _requests);
        var parts = $"{http.Request.Path}".Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (status, body) = (http.Request.Method, parts) switch
        {
            ("POST", [.., "readers", _, "checkout"]) => (201, await Take(http, at)),
            ("GET", [.., "checkout", var id]) when _payments.TryGetValue(id, out var one) => (200, CheckoutOf(one)),
            ("GET", [.., "readers", _, "status"]) => (200, """{"data":{"status":"ONLINE","state":"IDLE"}}"""),
            ("GET", [.., "readers"]) => (200, $$"""{"items":[{{string.Join(',', _readers.Select(ReaderOf))}}]}"""),
            ("GET", [.., "readers", var id]) when _readers.Contains(id) => (200, ReaderOf(id)),
            ("GET", [.., "history"]) => (200, ListPaid()),
            ("GET", [.., "transactions"]) when Find(http.Request.Query) is { IsPaid: true } one =>
                (200, TransactionOf(one)),
            _ => (404, """{"error_code":"NOT_FOUND","message":"Resource not found"}"""),
        };
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(body);
    }

    private async Task<string> Take(HttpContext http, DateTimeOffset at)
    {
        var order = await http.Request.ReadFromJsonAsync<JsonElement>(http.RequestAborted);
        var payment = new Payment(
            order.GetProperty("affiliate").GetProperty("foreign_transaction_id").GetString() ?? "",
            order.GetProperty("total_amount").GetProperty("value").GetInt64(), at, at + Takes(_taken.Count));
        foreach (var id in new[] { payment.Reference, payment.CheckoutId, payment.ClientId }) _payments[id] = payment;
        _taken.Enqueue(payment);
        return $$"""{"data":{{IdsOf(payment)}}}""";
    }

    private Payment? Find(IQueryCollection query) =>
        $"{query["client_transaction_id"]}{query["foreign_transaction_id"]}" is { Length: > 0 } id
            ? _payments.GetValueOrDefault(id) : null;

    private string ListPaid()
    {
        var paid = _taken.Where(one => one.IsPaid).Reverse().Take(MostListed);
        return $$"""{"items":[{{string.Join(',', paid.Select(TransactionOf))}}],"links":[]}""";
    }

    private static string IdsOf(Payment payment) =>
        $$"""{"checkout_id":"{{payment.CheckoutId}}","client_transaction_id":"{{payment.ClientId}}"}""";

    private static string CheckoutOf(Payment payment) => $$$"""
        {"data":{"checkout_id":"{{{payment.CheckoutId}}}","client_transaction_id":"{{{payment.ClientId}}}",
         "status":"{{{(payment.IsPaid ? "successful" : "pending")}}}",
         "total_amount":{"currency":"EUR","minor_unit":2,"value":{{{payment.Amount}}} } } }
        """;

    private static string TransactionOf(Payment payment) => $$"""
        {"id":"{{payment.CheckoutId}}","transaction_code":"T{{payment.ClientId[..8]}}",
         "client_transaction_id":"{{payment.ClientId}}","foreign_transaction_id":"{{payment.Reference}}",
         "amount":{{(payment.Amount / 100m).ToString(CultureInfo.InvariantCulture)}},"tip_amount":0,"currency":"EUR",
         "status":"SUCCESSFUL","merchant_code":"{{BenchMerchant.Code}}","card":{"last_4_digits":"4242","type":"VISA"} }
        """;

    private static string ReaderOf(string id) => $$"""
        {"id":"{{id}}","name":"Lane","status":"paired","device":{"identifier":"U-{{id[^12..]}}","model":"solo"} }
        """;
}

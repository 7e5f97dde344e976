using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Fleet.Simulator;

namespace Fleet.Deploy.Tests;

/// <summary>
/// A till and its reader, which know only one address. The till keeps its connections, gives each sale a key, and asks
/// again after a second when it got no answer, or an answer that says so.
/// </summary>
internal sealed class Lane : IAsyncDisposable
{
    private const int MostRetries = 30;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than a device takes to connect elsewhere, which is up to 2 seconds.</summary>
    private static readonly TimeSpan Hesitates = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), OpensWithin = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _power = new();
    private readonly HttpClient _http;
    private readonly VirtualReader _reader;
    private readonly Task _running;
    private readonly List<Sale> _sales = [];

    private Lane(int number, string authority, string merchant, string key)
    {
        _http = new()
        {
            BaseAddress = new($"http://{authority}/v0.1/merchants/{merchant}/"), Timeout = Patience,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        };
        _reader = new(new()
        {
            Serial = $"VIRTUAL-{number}", Server = new($"ws://{authority}/link/v1"), Seed = number,
            Scenario = Scenario.Approve, Pace = 0.1, Model = "solo",
        }, TimeProvider.System);
        _running = _reader.RunAsync(_power.Token);
    }

    /// <summary>What it sold.</summary>
    public IReadOnlyList<Sale> Sales => _sales;

    /// <summary>Checkouts that the reader charged, as often as it did.</summary>
    public IReadOnlyList<Guid> Charges => [.. _reader.Journal.Charges.Select(charge => charge.CheckoutId)];

    /// <summary>Switches the reader on and pairs it.</summary>
    public static async Task<Lane> Opened(int number, string authority, string merchant, string key)
    {
        var lane = new Lane(number, authority, merchant, key);
        await Eventually.Equal(true, () => Task.FromResult(lane._reader.Snapshot.PairingCode is not null));
        using var answer = await lane._http.PostAsJsonAsync(
            "readers", new { pairing_code = lane._reader.Snapshot.PairingCode, name = $"Lane {number}" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await Eventually.Equal(true, () => Task.FromResult(lane._reader.Snapshot.Welcomed));
        return lane;
    }

    /// <summary>Sells until closing time, one after the other, each to its end.</summary>
    public async Task Sell(CancellationToken closing)
    {
        while (!closing.IsCancellationRequested) await SellOne();
    }

    public async Task<Sale> SellOne()
    {
        var sale = new Sale($"{_reader.Snapshot.Serial}-{_sales.Count}");
        _sales.Add(sale);
        sale.Checkout = (await Ask(sale, () => Order(sale)))?.GetProperty("checkout_id").GetGuid();
        while (sale is { Checkout: not null, Outcome: null or "pending", Retries.Count: < MostRetries })
        {
            await Passing.Of(Look);
            sale.Outcome = (await Ask(sale, () => new(HttpMethod.Get, $"readers/{Reader}/checkout/{sale.Checkout}")))
                ?.GetProperty("status").GetString();
        }
        return sale;
    }

    public async ValueTask DisposeAsync()
    {
        await _power.CancelAsync();
        await _running;
        _power.Dispose();
        _http.Dispose();
    }

    private string Reader => _reader.Snapshot.ReaderId ?? throw new InvalidOperationException("It is not paired.");

    private HttpRequestMessage Order(Sale sale) => new(HttpMethod.Post, $"readers/{Reader}/checkout")
    {
        Headers = { { "Idempotency-Key", sale.Key } },
        Content = JsonContent.Create(new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            affiliate = new
            {
                app_id = "com.example.till", foreign_transaction_id = sale.Key, key = "sup_afk_of_the_pods",
            },
        }),
    };

    /// <summary>Asks until there is an answer; null when there is none in time.</summary>
    private async Task<JsonElement?> Ask(Sale sale, Func<HttpRequestMessage> request)
    {
        while (sale.Retries.Count < MostRetries)
        {
            var (data, trouble) = await Try(request());
            if (trouble is null) return data;
            sale.Retries.Add(trouble);
            await Passing.Of(Hesitates);
        }
        return null;
    }

    private async Task<(JsonElement Data, string? Trouble)> Try(HttpRequestMessage request)
    {
        using var _ = request;
        try
        {
            using var answer = await _http.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();
            return answer.IsSuccessStatusCode
                ? (JsonElement.Parse(body).GetProperty("data"), null)
                : (default, $"{request.Method} {(int)answer.StatusCode} {body}");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return (default, $"{request.Method} {e.GetBaseException().Message}");
        }
    }
}

/// <summary>One sale, and the failures before it succeeded.</summary>
internal sealed record Sale(string Key)
{
    public Guid? Checkout { get; set; }

    public string? Outcome { get; set; }

    public List<string> Retries { get; } = [];
}

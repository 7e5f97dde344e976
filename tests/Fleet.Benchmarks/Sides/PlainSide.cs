using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fleet.Core.Checkouts;
using Npgsql;

namespace Fleet.Benchmarks.Sides;

/// <summary>
/// What a good engineer would write instead of Fleet: a minimal API, its keys in memory, and one INSERT per checkout
/// against the same unique index, committed by itself. No grains, no history, no device, no idempotency.
/// </summary>
internal sealed class PlainSide : ISide
{
    private const string BearerPrefix = "Bearer ";

    /// <summary>The columns, keys and indexes of Fleet's own checkout table.</summary>
    private const string Schema = """
        CREATE TABLE checkout (
            checkout_id uuid             NOT NULL PRIMARY KEY,
            reader_id   text COLLATE "C" NOT NULL,
            state       text COLLATE "C" NOT NULL
                CHECK (state IN ('accepted', 'started', 'successful', 'failed', 'cancelled')),
            valid_until timestamptz      NOT NULL,
            body        text             NOT NULL
        );
        CREATE UNIQUE INDEX one_open ON checkout (reader_id) WHERE state IN ('accepted', 'started');
        CREATE INDEX checkout_due ON checkout (valid_until) WHERE state = 'accepted';
        """;

    private const string Insert = """
        INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body) VALUES ($1, $2, 'accepted', $3, $4)
        ON CONFLICT DO NOTHING
        """;

    private const string FreeAll = "UPDATE checkout SET state = 'cancelled' WHERE state = 'accepted'";

    /// <summary>
    /// The best settings of those tried: automatic prepare, no reset between uses, and a pool in which requests do not
    /// wait long and the server's processes do not disturb each other. (Pools of 8 and 16 are slower, 32 to 100 alike;
    /// multiplexing, which Npgsql calls experimental, stopped under this load.)
    /// </summary>
    private const string Tuned =
        "Max Auto Prepare=10;Auto Prepare Min Usages=1;No Reset On Close=true;Maximum Pool Size=64";

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    /// <summary>Merchants by the SHA-256 of their keys.</summary>
    private static readonly Dictionary<string, string> Keys = new() { [BenchMerchant.KeyHash] = BenchMerchant.Code };

    private readonly WebApplication _app;
    private readonly NpgsqlDataSource _source;

    public PlainSide(string url, string postgres)
    {
        _source = NpgsqlDataSource.Create($"{postgres};{Tuned}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(url).ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_source);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, PlainJson.Default);
        });
        _app = builder.Build();
        _app.MapPost("/v0.1/merchants/{merchant_code}/readers/{reader_id}/checkout", CreateCheckout);
    }

    public async Task Start(int readers)
    {
        await Run(Schema);
        await _app.StartAsync();
    }

    public Task Free(int readers) => Run(FreeAll);

    private static async Task<IResult> CreateCheckout(
        string merchant_code, string reader_id, PlainRequest request, HttpContext http, NpgsqlDataSource source)
    {
        if (MerchantOf(http.Request.Headers.Authorization.ToString()) is not { } merchant)
            return TypedResults.Unauthorized();
        if (merchant != merchant_code) return TypedResults.NotFound();
        if (request.TotalAmount is not { } amount || !IsValid(amount)) return TypedResults.UnprocessableEntity();

        var now = TimeProvider.System.GetUtcNow();
        var checkout = new PlainCheckout(Guid.CreateVersion7(now), Guid.NewGuid(), merchant, reader_id, amount,
            request.Description, now, now + Window);
        return await Store(checkout, source)
            ? TypedResults.Json(new PlainCreated(new(checkout.CheckoutId, checkout.ClientTransactionId)),
                PlainJson.Default.PlainCreated, statusCode: StatusCodes.Status201Created)
            : TypedResults.UnprocessableEntity();
    }

    private static string? MerchantOf(string header) =>
        header.StartsWith(BearerPrefix, StringComparison.Ordinal)
            ? Keys.GetValueOrDefault(
                Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(header[BearerPrefix.Length..]))))
            : null;

    private static bool IsValid(PlainAmount amount) =>
        amount.Value is > 0 and <= Money.MaxValue && Currencies.MinorUnitOf(amount.Currency) == amount.MinorUnit;

    private static async Task<bool> Store(PlainCheckout checkout, NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(Insert);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = checkout.CheckoutId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = checkout.ReaderId });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = checkout.ValidUntil.UtcDateTime });
        command.Parameters.Add(new NpgsqlParameter<string>
        {
            TypedValue = JsonSerializer.Serialize(checkout, PlainJson.Default.PlainCheckout),
        });
        return await command.ExecuteNonQueryAsync() == 1;
    }

    private async Task Run(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

using System.Collections.Concurrent;
using Fleet.Server.Cloud;
using Fleet.Server.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Exchanges with the cloud on their way into the database, and into the story of a checkout.</summary>
public sealed class ExchangeStoreTests : IAsyncLifetime
{
    private const string Cloud = CloudWorld.Merchant, Reader = CloudWorld.ReaderId;

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private FleetApp? _fleet;
    private Unsteady? _store;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not there yet.");

    private Unsteady Store => _store ?? throw new InvalidOperationException("The database is not there yet.");

    private ExchangeLog Log => Fleet.Services.GetRequiredService<ExchangeLog>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fleet = await FleetApp.Start(builder => builder.Services.AddSingleton<IExchanges>(services =>
            _store = new(new SqlExchanges(services.GetRequiredService<Database>()))));
        Assert.NotNull(Log); // and with it the database
    }

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    [Fact]
    public async Task What_was_said_to_the_cloud_is_part_of_the_story_of_a_checkout()
    {
        await using var cloud = await CloudStandIn.Start(Fleet.Clock);
        await using var linked = await FleetApp.Start(null,
            $"--Fleet:Cloud:BaseUrl={cloud.Url}", "--Fleet:Cloud:TestBase=true");
        var clients = linked.Services.GetRequiredService<CloudClients>();
        var link = CloudWorld.LinkOf(new() { BaseUrl = cloud.Url });
        using var budget = clients.OpenBudget(link);
        var client = clients.OpenClient(Cloud, link, budget);
        await using var device = await linked.PairedDevice();
        var checkout = await linked.Till.Charge(device.ReaderId);
        cloud.Then(201, """{"data":{"client_transaction_id":"c1"}}""").Then(CloudStandIn.Abort);
        linked.Pass(0.5);
        await client.CreateCheckout(Reader, CloudWorld.Coffee, checkout);
        linked.Pass(0.5);
        await client.TerminateCheckout(Reader, checkout, Cancel);
        await client.ReadStatus(Reader, null, Cancel); // is about no checkout
        linked.Pass(0.5);
        await device.Pay();

        await Eventually.Equal(2,
            async () => (await linked.Till.Timeline(checkout)).GetProperty("exchanges").GetArrayLength(),
            () => linked.Pass(ExchangeLog.BatchPause.TotalSeconds));
        var told = (await linked.Till.Timeline(checkout)).GetProperty("exchanges")[0];
        Assert.Equal($"/v0.1/merchants/{Cloud}/readers/{Reader}/checkout", told.Text("path"));
        Assert.Equal("""{"data":{"client_transaction_id":"c1"}}""", told.Text("received"));
        Assert.Contains("1500", told.Text("sent"), StringComparison.Ordinal);

        using var caller = new RpcCaller(linked);
        var timeline = await caller.Checkouts.TimelineAsync(
            new() { CheckoutId = $"{checkout}" }, caller.Headers, cancellationToken: Cancel);
        Assert.Equal(["create_checkout 201 none", "terminate_checkout 0 reset"],
            timeline.Exchanges.Select(one => $"{one.Operation} {one.Status} {one.Verdict}"));
        Assert.Matches("till +accepted the order.*\n.*" + @"\+0.5 s +cloud +create_checkout -> 201 in 0 ms *\n.*"
            + @"\+0.5 s +cloud +terminate_checkout -> reset in 0 ms *\n" + ".*device +asked to start.*\n"
            + ".*device +charged the card", await new Shell(linked).Does($"why {checkout}"));
    }

    [Fact]
    public async Task An_exchange_is_read_as_it_was_added_and_added_once()
    {
        var (checkout, now) = (Guid.NewGuid(), Noon);
        CloudExchange[] about =
        [
            Exchange(now, checkout) with { Sent = "{}", Received = "<p>\0ß</p>", Status = 502 },
            Exchange(now.AddMilliseconds(1), checkout) with
            {
                Status = null, Verdict = CloudFailure.TimedOut, ReaderId = null, LatencyMs = 8_000,
            },
        ];
        await Store.AddExchanges([about[1], Exchange(now), about[0], Exchange(now, Guid.NewGuid())]);
        await Store.AddExchanges(about);

        Assert.Equal([about[0] with { Received = "<p>\uFFFDß</p>" }, about[1]],
            await Store.ListOfCheckout(checkout, 10, Cancel));
        Assert.Equal(about[0].Id, Assert.Single(await Store.ListOfCheckout(checkout, 1, Cancel)).Id);
    }

    [Fact]
    public async Task The_exchanges_of_a_merchant_are_listed_back_in_time()
    {
        CloudExchange[] rows = [.. Enumerable.Range(0, 5).Select(i => Exchange(Noon.AddSeconds(i)))];
        await Store.AddExchanges([.. rows, Exchange(Noon) with { MerchantCode = "MOTHER" }]);

        Assert.Equal([rows[3], rows[2]], await Store.ListRecent(Cloud, rows[4].At, 2, Cancel));
        Assert.Equal([rows[1], rows[0]], await Store.ListRecent(Cloud, rows[2].At, 9, Cancel));
    }

    [Fact]
    public async Task Old_exchanges_are_deleted_in_small_steps_and_young_ones_stay()
    {
        var now = Fleet.Clock.GetUtcNow();
        var young = Exchange(now.AddDays(-29));
        foreach (var hundred in Enumerable.Range(0, 6))
            await Store.AddExchanges([.. Enumerable.Range(0, 100).Select(i =>
                Exchange(now.AddDays(-31).AddSeconds(hundred * 100 + i)))]);
        await Store.AddExchanges([young]);

        await Eventually.Equal(true, () => Task.FromResult(Store.Forgotten.Contains(ExchangeLog.MaxForgotten)),
            () => Fleet.Pass(ExchangeLog.ForgetPause.TotalSeconds));
        var seconds = 0;
        await Eventually.Equal("500 100", Steps, () => Fleet.Pass(seconds++ > 0 ? 1 : 0));
        Assert.InRange(seconds, 0, ExchangeLog.ForgetPause.TotalSeconds); // it did not rest
        Assert.Equal(young, Assert.Single(await Store.ListRecent(Cloud, now, 9, Cancel)));

        Task<string> Steps() => Task.FromResult(string.Join(' ', Store.Forgotten.Where(rows => rows > 0)));
    }

    [Fact]
    public async Task What_the_database_could_not_take_is_stored_when_it_is_back()
    {
        var exchange = Exchange(Noon, Guid.NewGuid());
        Store.IsAway = true;
        Log.AddExchange(exchange);
        await Eventually.Equal(true, () => Task.FromResult(Store.Tries > 2), Retry);
        Store.IsAway = false;

        await Eventually.Equal(1, Stored, Retry);
        Assert.Equal(exchange, Assert.Single(await Store.ListOfCheckout(exchange.CheckoutId ?? default, 9, Cancel)));
        Assert.Equal(0, await Dropped());
    }

    [Fact]
    public async Task What_is_too_much_for_the_memory_is_dropped_and_counted()
    {
        const int Kept = GroupCommit<CloudExchange, bool>.MaxWaiting, Lost = 10;
        Store.IsAway = true;
        Log.AddExchange(Exchange(Noon));
        await Eventually.Equal(1, () => Task.FromResult(Store.Tries)); // a batch of one, which is not given up
        for (var i = 0; i < Kept + Lost; i++) Log.AddExchange(Exchange(Noon));

        Assert.Equal(Lost, await Dropped());
        Store.IsAway = false;
        await Eventually.Equal(Kept + 1, Stored, Retry);
    }

    [Fact]
    public async Task A_batch_that_never_fits_makes_room_for_the_next()
    {
        Store.IsAway = true;
        Log.AddExchange(Exchange(Noon));
        await Eventually.Equal(1d, Dropped, Retry);

        Assert.Equal(ExchangeLog.MaxTries, Store.Tries);
        Store.IsAway = false;
        Log.AddExchange(Exchange(Noon));
        await Eventually.Equal(1, Stored, Retry);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_stops_stores_what_is_left_if_it_can(bool isAway)
    {
        Log.AddExchange(Exchange(Noon));
        await Eventually.Equal(1, () => Task.FromResult(Store.Tries));
        for (var i = 0; i < 600; i++) Log.AddExchange(Exchange(Noon)); // they wait, because the clock stands still
        Store.IsAway = isAway;

        await Fleet.Stop();

        Assert.Equal(isAway ? 1 : 601, Store.Added);
        Assert.InRange(Store.Tries, 2, 4);
    }

    [Fact]
    public async Task The_exchanges_of_a_checkout_are_found_by_an_index()
    {
        var database = Fleet.Services.GetRequiredService<Database>();
        const string Query = "SELECT * FROM cloud_exchange WHERE checkout_id = @checkout ORDER BY at, id LIMIT 9";
        var plan = Fleet.IsOnPostgres
            ? await database.ReadRows($"EXPLAIN {Query}", row => row.GetString(0), Cancel, ("checkout", Guid.NewGuid()))
            : await database.ReadRows($"EXPLAIN QUERY PLAN {Query}", row => row.GetString(3), Cancel,
                ("checkout", Guid.NewGuid()));

        Assert.Contains(plan, line => line.Contains("cloud_exchange_of_checkout", StringComparison.Ordinal));
    }

    private static CloudExchange Exchange(DateTimeOffset at, Guid? checkout = null) => new(
        Guid.CreateVersion7(at), at, Cloud, "read_checkout", "GET", "/v0.1/…", 200, 12, null, "{}", CloudFailure.None,
        checkout, Reader);

    private void Retry() => Fleet.Pass(ExchangeLog.RetryPause.TotalSeconds);

    private async Task<int> Stored() => (await Store.ListRecent(Cloud, Noon.AddDays(1), 9_999, Cancel)).Count;

    private async Task<double> Dropped() => (await Metrics.Of(Fleet))["fleet_cloud_exchanges_dropped_total"] ?? -1;

    /// <summary>A database that a test takes away and gives back.</summary>
    private sealed class Unsteady(SqlExchanges real) : IExchanges
    {
        private volatile int _tries, _added;

        public bool IsAway { get; set; }

        public int Tries => _tries;

        public int Added => _added;

        /// <summary>How many rows each deletion took.</summary>
        public ConcurrentQueue<int> Forgotten { get; } = new();

        public async Task AddExchanges(IReadOnlyList<CloudExchange> exchanges)
        {
            Interlocked.Increment(ref _tries);
            if (IsAway) throw new LedgerUnavailableException("The change failed.");
            await real.AddExchanges(exchanges);
            Interlocked.Add(ref _added, exchanges.Count);
        }

        public Task<IReadOnlyList<CloudExchange>> ListOfCheckout(Guid id, int limit, CancellationToken cancel) =>
            real.ListOfCheckout(id, limit, cancel);

        public Task<IReadOnlyList<CloudExchange>> ListRecent(
            string merchantCode, DateTimeOffset before, int limit, CancellationToken cancel) =>
            real.ListRecent(merchantCode, before, limit, cancel);

        public async Task<int> ForgetExchanges(DateTimeOffset before, int limit, CancellationToken cancel)
        {
            var rows = await real.ForgetExchanges(before, limit, cancel);
            Forgotten.Enqueue(rows);
            return rows;
        }
    }
}

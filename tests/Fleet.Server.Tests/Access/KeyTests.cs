using System.Collections.Concurrent;
using System.Net.Http.Json;
using Fleet.Server.Access;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Keys are made, used, changed and ended over the API, and none can make another that may do more.</summary>
public sealed class KeyTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Till Admin => fleet.Till;

    private Till Holding(NewKey key, string merchant = FleetApp.Merchant) => fleet.TillOf(merchant, key.Key);

    [Fact]
    public async Task A_key_is_told_once_and_works_at_once()
    {
        var made = await Admin.MakeKey(new { name = "lane 7", scopes = new[] { "readers.read", "checkouts.write" } });
        var listed = (await (await Admin.Get(KeyCalls.Keys)).Json()).GetProperty("keys").EnumerateArray()
            .Single(key => key.Text("key_id") == made.Id);

        Assert.Matches("^flt_sk_[0-9A-Za-z]{49}$", made.Key);
        Assert.Equal(200, await Holding(made).Status());
        Assert.Equal(made.Key[..11], listed.Text("prefix"));
        Assert.Equal(("lane 7", FleetApp.Merchant), (listed.Text("name"), listed.Text("merchant_code")));
        Assert.Equal(["readers.read", "checkouts.write"],
            listed.GetProperty("scopes").EnumerateArray().Select(one => one.GetString()));
        Assert.DoesNotContain(made.Key, $"{listed}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_may_do_what_its_scopes_say_and_no_more()
    {
        await using var device = await fleet.PairedDevice();
        var reader = Holding(await Admin.MakeKey(new { name = "reads", scopes = new[] { "readers.read" } }));
        var seller = Holding(await Admin.MakeKey(new { name = "sells", scopes = new[] { "checkouts.write" } }));

        Assert.Equal(200, await reader.Status());
        Assert.Equal("401", await reader.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee).Tried());
        Assert.Equal(401, await seller.Status());
        await seller.Charge(device.ReaderId);
        Assert.Equal("403", await seller.Post("readers", new { pairing_code = "ZZZZZZZZ", name = "Lane" }).Tried());
        Assert.Equal("403", await seller.Get(KeyCalls.Keys).Tried());
    }

    [Fact]
    public async Task A_key_is_revoked_by_a_request_without_a_body()
    {
        var made = await Admin.MakeKey(new { name = "bodiless", scopes = new[] { "readers.read" } });
        var path = $"{KeyCalls.Keys}/{made.Id}/revoke";

        Assert.Equal("200", await Admin.Send(HttpMethod.Post, path, null).Tried());
        Assert.Equal(401, await Holding(made).Status());
        Assert.Equal("200", await Admin.Send(
            HttpMethod.Post, path, new StringContent("", null, "application/json")).Tried());
        Assert.Equal("200", await Admin.Send(HttpMethod.Post, path, new StringContent("")).Tried());
        Assert.Equal("400 name", await Admin.Send(HttpMethod.Post, KeyCalls.Keys, null).Tried());
    }

    [Fact]
    public async Task A_key_of_the_chain_finds_a_checkout_by_its_id_alone()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        var chain = fleet.HeadOffice();

        foreach (var path in new[] { "", "/timeline", "/outcome?seconds=0" })
            Assert.Equal("200", await chain.Get($"/fleet/v1/checkouts/{checkout}{path}").Tried());
        Assert.Equal("404", await chain.Get($"/fleet/v1/checkouts/{Guid.NewGuid()}").Tried());
        Assert.Equal("404", await fleet.TillOf("MNOBODY1", FleetApp.ChainKey).Send(HttpMethod.Get,
            $"/fleet/v1/checkouts/{checkout}", null, ("Fleet-Merchant", "MNOBODY1")).Tried());
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_where_it_was_revoked()
    {
        var made = await Admin.MakeKey(new { name = "short", scopes = new[] { "readers.read" } });
        Assert.Equal(200, await Holding(made).Status());
        await Admin.Revoke(made.Id);

        Assert.Equal(401, await Holding(made).Status());
        await Admin.Revoke(made.Id);
        Assert.Equal("KEY_NOT_ACTIVE", await Admin.Post($"{KeyCalls.Keys}/{made.Id}/rotate", new { }).Reason());
    }

    [Fact]
    public async Task A_rotated_key_goes_on_for_a_day_beside_the_new_one()
    {
        await using var alone = await FleetApp.Start();
        var old = await alone.Till.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });
        var young = await alone.Till.Rotate(old.Id, new { });
        Assert.Equal("KEY_NOT_ACTIVE", await alone.Till.Post($"{KeyCalls.Keys}/{old.Id}/rotate", new { }).Reason());
        var (before, after) = (alone.TillOf(FleetApp.Merchant, old.Key), alone.TillOf(FleetApp.Merchant, young.Key));
        alone.Pass(86_399);

        Assert.Equal((200, 200), (await before.Status(), await after.Status()));
        alone.Pass(1);
        Assert.Equal((401, 200), (await before.Status(), await after.Status()));
        Assert.Equal(("lane", FleetApp.Merchant), (young.About.Text("name"), young.About.Text("merchant_code")));
    }

    [Theory]
    [InlineData(0, 401)]
    [InlineData(60, 200)]
    public async Task The_overlap_of_a_rotation_is_the_callers_choice(int seconds, int status)
    {
        var old = await Admin.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });
        Assert.Equal(200, await Holding(old).Status());
        await Admin.Rotate(old.Id, new { overlap_seconds = seconds });

        Assert.Equal(status, await Holding(old).Status());
        Assert.Equal("400 overlap_seconds",
            await Admin.Post($"{KeyCalls.Keys}/{old.Id}/rotate", new { overlap_seconds = 604_801 }).Tried());
    }

    [Fact]
    public async Task A_key_with_an_end_is_refused_from_then_on()
    {
        await using var alone = await FleetApp.Start();
        var ends = alone.Clock.GetUtcNow().AddMinutes(5);
        var made = await alone.Till.MakeKey(
            new { name = "guest", scopes = new[] { "readers.read" }, expires_at = ends });
        var guest = alone.TillOf(FleetApp.Merchant, made.Key);

        alone.Pass(299);
        Assert.Equal(200, await guest.Status());
        alone.Pass(1);
        Assert.Equal(401, await guest.Status());
        Assert.Equal("400 expires_at", await alone.Till.Post(KeyCalls.Keys,
            new { name = "late", scopes = new[] { "readers.read" }, expires_at = ends }).Tried());
    }

    [Fact]
    public async Task A_key_of_one_store_sells_in_its_own_store_only()
    {
        await using var device = await fleet.PairedDevice();
        var running = await Admin.Charge(device.ReaderId);
        string[] scopes = ["readers.read", "checkouts.read", "checkouts.write"];
        using var made = await Admin.Post("/fleet/v1/stores", new { store = "elsewhere" });
        var own = Holding(await Admin.MakeKey(new { name = "here", scopes, store = "default" }));
        var other = Holding(await Admin.MakeKey(new { name = "there", scopes, store = "elsewhere" }));
        var reader = $"readers/{device.ReaderId}";

        Assert.Equal("404", await other.Post($"{reader}/checkout", Checkouts.Coffee).Tried());
        Assert.Equal("404", await other.Post($"{reader}/terminate", new { }).Tried());
        Assert.Equal((404, 404), (await other.Status(reader), await other.Status($"{reader}/checkout/{running}")));
        Assert.Equal("pending", await Admin.Outcome(device.ReaderId, running));
        Assert.Equal("202", await own.Post($"{reader}/terminate", new { }).Tried());
        await own.Charge(device.ReaderId);
    }

    [Theory]
    [InlineData("GET", "/v2.1/merchants/MTILL001/transactions/history")]
    [InlineData("GET", "/v0.1/me/transactions/history")]
    [InlineData("GET", "/fleet/v1/events")]
    [InlineData("GET", "/fleet/v1/webhooks")]
    [InlineData("POST", "/fleet/v1/webhooks/test")]
    [InlineData("GET", "/fleet/v1/keys")]
    [InlineData("POST", "/fleet/v1/keys")]
    [InlineData("GET", "/fleet/v1/audit")]
    public async Task A_key_of_one_store_is_told_when_something_is_about_the_whole_merchant(string method, string path)
    {
        string[] scopes = ["transactions.read", "checkouts.read", "webhooks.write", "admin"];
        var own = Holding(await Admin.MakeKey(new { name = "store", scopes, store = "default" }));
        using var answer = await own.Send(new(method), path, method == "POST" ? JsonContent.Create(new { }) : null);

        await answer.MustRefuse(403, code: "FORBIDDEN");
        Assert.Contains("one store", (await answer.Json()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_the_chain_reaches_every_merchant_and_names_it()
    {
        var office = fleet.HeadOffice();
        var elsewhere = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.ChainKey);

        Assert.Equal((200, 200), (await office.Status(), await elsewhere.Status()));
        Assert.Equal(404, await fleet.TillOf("MNOSUCH1", FleetApp.ChainKey).Status());
        using var unnamed = await office.Get("/fleet/v1/webhooks");
        await unnamed.MustRefuse(400, "Fleet-Merchant");
        using var named = await office.Send(
            HttpMethod.Get, "/v0.1/me", null, ("Fleet-Merchant", FleetApp.OtherMerchant));
        Assert.Equal(FleetApp.OtherMerchant,
            (await named.Json()).GetProperty("merchant_profile").Text("merchant_code"));
        using var unknown = await office.Send(HttpMethod.Get, "/v0.1/me", null, ("Fleet-Merchant", "MNOSUCH1"));
        await unknown.MustRefuse(404);
        using var foreign = await fleet.Till.Send(
            HttpMethod.Get, "/v0.1/me", null, ("Fleet-Merchant", FleetApp.OtherMerchant));
        await foreign.MustRefuse(404);
    }

    [Fact]
    public async Task A_key_of_the_chain_names_its_merchant_over_gRPC_too()
    {
        await using var device = await fleet.PairedDevice();
        using var channel = GrpcChannel.ForAddress(fleet.GrpcAddress);
        var checkouts = new Proto.Checkouts.CheckoutsClient(channel);
        Metadata named = new()
        {
            { "authorization", $"Bearer {FleetApp.ChainKey}" }, { "fleet-merchant", FleetApp.Merchant },
        };
        var ask =
            new Proto.StartRequest
            {
                ReaderId = device.ReaderId,
                TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 }
            };

        var started = await checkouts.StartAsync(ask, named, cancellationToken: Cancel);
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, Guid.Parse(started.CheckoutId)));
        var unnamed = await Assert.ThrowsAsync<RpcException>(async () =>
            await checkouts.StartAsync(ask, new Metadata { named[0] }, cancellationToken: Cancel));
        Assert.Equal(StatusCode.InvalidArgument, unnamed.StatusCode);
        Assert.Contains("Fleet-Merchant", unnamed.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_sees_and_ends_keys_within_his_own_reach_only()
    {
        var office = fleet.HeadOffice();
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        var theirs = await other.MakeKey(new { name = "theirs", scopes = new[] { "readers.read" } });
        var chains = await office.MakeKey(new { name = "chain's", scopes = new[] { "fleet.read" } });

        foreach (var foreign in new[] { theirs.Id, chains.Id, $"{Guid.CreateVersion7()}", "not-an-id" })
        {
            Assert.Equal("404", await Admin.Post($"{KeyCalls.Keys}/{foreign}/revoke", new { }).Tried());
            Assert.Equal("404", await Admin.Post($"{KeyCalls.Keys}/{foreign}/rotate", new { }).Tried());
        }
        Assert.Equal("", chains.About.Text("merchant_code"));
        var mine = await (await Admin.Get(KeyCalls.Keys)).Content.ReadAsStringAsync(Cancel);
        Assert.DoesNotContain(theirs.Id, mine, StringComparison.Ordinal);
        Assert.DoesNotContain(chains.Id, mine, StringComparison.Ordinal);
        var asked = await Admin.Get($"{KeyCalls.Keys}?merchant_code={FleetApp.OtherMerchant}");
        Assert.Empty((await asked.Json()).GetProperty("keys").EnumerateArray());
        var all = await (await office.Get(KeyCalls.Keys)).Content.ReadAsStringAsync(Cancel);
        Assert.Contains(theirs.Id, all, StringComparison.Ordinal);
        await office.Revoke(theirs.Id);
    }

    [Theory]
    [InlineData("""{ "name": "x", "scopes": ["admin", "refunds.write"] }""", "400 scopes")]
    [InlineData("""{ "name": "x", "scopes": ["everything"] }""", "400 scopes")]
    [InlineData("""{ "name": "x", "scopes": [] }""", "400 scopes")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "merchant_code": "MOTHER01" }""", "400 merchant_code")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "merchant_code": "*" }""", "400 merchant_code")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "store": "Store One" }""", "400 store")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "requests_per_second": 51 }""", "400 requests_per_second")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "requests_per_second": -1 }""", "400 requests_per_second")]
    [InlineData("""{ "name": "x", "scopes": ["admin"], "requests_per_second": 50 }""", "200")]
    [InlineData("""{ "name": " ", "scopes": ["admin"] }""", "400 name")]
    [InlineData("""{ "name": "x", "scopes": ["readers.read", "admin"], "store": "default" }""", "200")]
    [InlineData("""{ "name": "x", "scopes": ["readers.read", "admin"], "store": "defualt" }""", "400 store")]
    public async Task No_key_makes_one_that_may_do_more(string ask, string outcome)
    {
        var small = Holding(await Admin.MakeKey(new
        {
            name = "small", scopes = new[] { "readers.read", "admin" }, requests_per_second = 50,
        }));

        Assert.Equal(outcome, await small.Send(HttpMethod.Post, KeyCalls.Keys, Lane.Json(ask)).Tried());
    }

    [Fact]
    public async Task No_key_replaces_one_that_may_do_more()
    {
        var large = await Admin.MakeKey(new { name = "large", scopes = new[] { "refunds.write", "admin" } });
        var small = Holding(await Admin.MakeKey(new { name = "small", scopes = new[] { "admin" } }));

        Assert.Equal("400 key_id", await small.Post($"{KeyCalls.Keys}/{large.Id}/rotate", new { }).Tried());
        await small.Revoke(large.Id);
    }

    [Fact]
    public async Task A_list_of_keys_comes_by_pages_the_newest_first()
    {
        var other = fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Insert(0, (await other.MakeKey(new { name = $"key {i}", scopes = new[] { "readers.read" } })).Id);
            fleet.Pass(1);
        }
        var (seen, token) = (new List<string>(), "");
        do
        {
            var page = await (await other.Get($"{KeyCalls.Keys}?page_size=2&page_token={token}")).Json();
            seen.AddRange(page.GetProperty("keys").EnumerateArray().Select(key => key.Text("key_id")));
            token = page.Text("next_page_token");
        }
        while (token.Length > 0);

        Assert.Equal(made, seen);
        Assert.Equal("400 page_size", await other.Get($"{KeyCalls.Keys}?page_size=501").Tried());
        Assert.Equal("400 page_token", await other.Get($"{KeyCalls.Keys}?page_token=x").Tried());
    }

    [Fact]
    public void A_key_is_told_from_garbage_by_its_checksum()
    {
        var key = KeyText.NewKey();
        Assert.True(KeyText.IsOne(key));
        for (var i = 0; i < key.Length; i++)
            Assert.False(KeyText.IsOne($"{key[..i]}{(key[i] == 'a' ? 'b' : 'a')}{key[(i + 1)..]}"));
        Assert.False(KeyText.IsOne(key[..^1]));
        Assert.False(KeyText.IsOne($"{key} "));
    }

    [Theory]
    [InlineData("flt_sk_0000000000000000000000000000000000000000000", "0Yq06I")]
    [InlineData("flt_sk_0000000000000000000000000000000000000000000", "")]
    public void The_checksum_is_the_CRC_of_zip_files(string text, string checksum) =>
        Assert.Equal(checksum.Length > 0, KeyText.IsOne(text + checksum));

    [Fact]
    public async Task Garbage_and_unknown_keys_are_refused_alike()
    {
        var unknown = KeyText.NewKey();
        foreach (var text in new[] { unknown, unknown, unknown[..^1] + "!", "flt_sk_", "ey.a.b" })
            Assert.Equal(401, await fleet.TillOf(FleetApp.Merchant, text).Status());
    }

    [Fact]
    public async Task No_key_gets_into_the_log_or_the_database()
    {
        var log = new ConcurrentQueue<string>();
        await using var watched = await FleetApp.Start(builder =>
            builder.Services.AddSingleton<ILoggerProvider>(new LogLines(log, LogLevel.Trace))
                .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace)));
        var made = await watched.Till.MakeKey(new { name = "lane", scopes = new[] { "readers.read", "admin" } });
        var young = await watched.TillOf(FleetApp.Merchant, made.Key).Rotate(made.Id, new { });
        await watched.TillOf(FleetApp.Merchant, young.Key).Status();
        await watched.Till.Revoke(young.Id);
        var stored = await watched.Stored();

        Assert.Contains(RandomIds.HashSecret(made.Key), stored, StringComparison.Ordinal);
        foreach (var secret in new[] { made.Key, young.Key, made.Key[11..], young.Key[11..], FleetApp.Key })
        {
            Assert.DoesNotContain(secret, stored, StringComparison.Ordinal);
            Assert.DoesNotContain(log, line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_database_that_is_away_is_503_for_keys_that_are_in_it()
    {
        await using var alone = await FleetApp.Start();
        var made = await alone.Till.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });
        await alone.Sql("ALTER TABLE api_key RENAME TO out_of_order");

        Assert.Equal((503, 200), (await alone.TillOf(FleetApp.Merchant, made.Key).Status(), await alone.Till.Status()));
        await alone.Sql("ALTER TABLE out_of_order RENAME TO api_key");
        Assert.Equal(200, await alone.TillOf(FleetApp.Merchant, made.Key).Status());
    }
}

/// <summary>Keys of a cluster.</summary>
public sealed class KeyClusterTests
{
    [Fact]
    public async Task A_key_revoked_at_one_node_is_refused_at_all_within_5_seconds()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        var made = await first.Till.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });
        var (near, far) = (first.TillOf(FleetApp.Merchant, made.Key), second.TillOf(FleetApp.Merchant, made.Key));
        Assert.Equal((200, 200), (await near.Status(), await far.Status()));

        await first.Till.Revoke(made.Id);

        Assert.Equal(401, await near.Status());
        first.Pass(5); // of which it takes 2
        Assert.Equal(401, await far.Status());
    }

    [Fact]
    public async Task Each_node_writes_chains_of_its_own_and_any_of_them_reads_all()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        foreach (var node in new[] { first, second, first, second })
            await node.Till.MakeKey(new { name = "lane", scopes = new[] { "readers.read" } });
        var rows = await second.HeadOffice().AuditRows();
        using var verified = await first.HeadOffice().Get($"{KeyCalls.Audit}/verification");

        Assert.Equal([1, 2, 1, 2], rows.Select(row => row.Seq()));
        Assert.Equal(2, rows.Select(row => row.Text("node")).Distinct().Count());
        Assert.Equal(("4", ""),
            ((await verified.Json()).Text("rows"), (await verified.Json()).Text("next_page_token")));
        Assert.False((await verified.Json()).TryGetProperty("broken", out _));
    }
}

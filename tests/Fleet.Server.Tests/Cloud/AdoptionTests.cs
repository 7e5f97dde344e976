using System.Net;
using Grpc.Core;

namespace Fleet.Server.Tests;

/// <summary>Readers that SumUp has already become readers of Fleet.</summary>
public sealed class AdoptionTests : IAsyncLifetime
{
    private const string First = CloudRoster.First, Second = CloudRoster.Second, Third = CloudRoster.Third;

    private CloudRoster? _world;

    private CloudRoster World => _world ?? throw new InvalidOperationException("It is not running.");

    public async ValueTask InitializeAsync() => _world = await CloudRoster.Start();

    public ValueTask DisposeAsync() => World.DisposeAsync();

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_changes_nothing()
    {
        World.Listed[First] = new("U1");
        World.Listed[Second] = new("U2", Pairing: "expired");
        var told = await World.Shell.Does("readers adopt --dry-run");

        Assert.Contains("1 would be adopted, 0 would be paired anew, 0 known, 1 not.", told, StringComparison.Ordinal);
        Assert.Matches($"{First} +U1 +At SumUp +new", told);
        Assert.Matches($"{Second} +U2 +At SumUp +not paired", told);
        Assert.Empty((await World.ListReaders()).Readers);
    }

    [Fact]
    public async Task Readers_are_adopted_with_store_and_tags_and_a_repeat_changes_nothing()
    {
        World.Listed[First] = new("U1");
        World.Listed[Second] = new("U2", "Bar");
        var store = await World.Rpc.Store("berlin");
        var first = await World.Shell.Does($"readers adopt --store {store} --tag mobile");
        var readers = await World.ListReaders(store);
        var again = await World.Shell.Does("readers adopt");

        Assert.Contains("2 adopted, 0 paired anew, 0 known, 0 not.", first, StringComparison.Ordinal);
        Assert.Contains("0 adopted, 0 paired anew, 2 known, 0 not.", again, StringComparison.Ordinal);
        Assert.Equal(["At SumUp U1 mobile paired", "Bar U2 mobile paired"], readers.Readers
            .Select(one => $"{one.Name} {one.Serial} {string.Join(' ', one.Tags)} {one.Pairing}").Order());
        Assert.Equal([First, Second], readers.Readers.Select(one => one.CloudReaderId).Order());
        await World.Till.Charge(readers.Readers[0].ReaderId, Connector.Coffee());
        Assert.Equal(1, World.CountRequests("POST", $"{readers.Readers[0].CloudReaderId}/checkout"));
    }

    [Fact]
    public async Task Adoption_answers_as_JSON_too()
    {
        World.Listed[First] = new("U1");
        using var answer = await World.Till.Post("/fleet/v1/readers:adopt", new { dry_run = true });
        var result = Assert.Single(Shell.Documents(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((First, "new", "U1"),
            (result.Text("cloud_reader_id"), result.Text("what"), result.Text("serial")));
    }

    [Fact]
    public async Task Only_the_readers_that_are_named_are_adopted()
    {
        World.Listed[First] = new("U1");
        World.Listed[Second] = new("U2");
        var ran = await World.Shell.Run($"readers adopt {Second} {Third}");

        Assert.Equal(1, ran.Code);
        Assert.Contains($"{Third}", ran.Out, StringComparison.Ordinal);
        Assert.Contains("NOT_FOUND", ran.Out, StringComparison.Ordinal);
        Assert.Contains("1 adopted, 0 paired anew, 0 known, 1 not.", ran.Out, StringComparison.Ordinal);
        Assert.Equal(["new", "known"], (await World.Adopt(new() { DryRun = true }))
            .OrderBy(one => one.CloudReaderId).Select(one => one.What));
    }

    [Fact]
    public async Task A_device_that_was_paired_anew_keeps_its_reader_and_its_history()
    {
        var reader = await World.AdoptOne(First, "U1");
        var paid = await World.Till.Charge(reader, Connector.Coffee());
        World.Transaction = Paid(paid);
        await Eventually.Equal("successful", () => World.Till.Outcome(reader, paid), () => World.Fleet.Pass(1));
        World.Listed.Clear();
        World.Listed[Second] = new("U1", "Another name");
        var tried = Assert.Single(await World.Adopt(new() { DryRun = true }));
        var done = Assert.Single(await World.Adopt(new()));
        var again = Assert.Single(await World.Adopt(new()));
        World.Transaction = null;
        await World.Till.Charge(reader, Connector.Coffee());

        Assert.Equal(["paired_anew", "paired_anew", "known"], [tried.What, done.What, again.What]);
        Assert.Equal([reader, reader, reader], [tried.ReaderId, done.ReaderId, again.ReaderId]);
        Assert.Equal(("At SumUp", Second), ((await World.Seen(reader)).Name, (await World.Seen(reader)).CloudReaderId));
        Assert.Equal("successful", await World.Till.Outcome(reader, paid));
        Assert.Equal(1, World.CountRequests("POST", $"{Second}/checkout"));
    }

    [Fact]
    public async Task A_pairing_by_code_of_a_known_device_keeps_its_reader()
    {
        var store = await World.Rpc.Store("munich");
        World.Listed[First] = new("U1");
        var reader = Assert.Single(await World.Adopt(new() { Store = store, Tags = { "bar" } })).ReaderId;
        World.NextPaired = (Second, new("U1"));
        using var paired = await World.Till.Post("readers", new { pairing_code = "ABCD2345", name = "Terrace" });
        var told = await World.Seen(reader);

        Assert.Equal(HttpStatusCode.Created, paired.StatusCode);
        Assert.Equal(reader, (await paired.Json()).GetProperty("id").GetString());
        Assert.Equal(("Terrace", store, "bar", Second),
            (told.Name, told.Store, Assert.Single(told.Tags), told.CloudReaderId));
        Assert.Single((await World.ListReaders()).Readers);
    }

    [Fact]
    public async Task One_of_many_that_is_paired_anew_is_told_with_its_own_id()
    {
        var reader = await World.AdoptOne(First, "U1");
        World.NextPaired = (Second, new("U1"));
        var told = await World.Shell.Tells("readers pair ABCD2345 --name Bar --tag left");

        Assert.Equal(reader, Assert.Single(told).Text("reader_id"));
        Assert.Equal("left", Assert.Single((await World.Seen(reader)).Tags));
        Assert.Equal("1 would be paired, 0 not.\n", await World.Shell.Does("readers pair ABCD2345 --name x --dry-run"));
    }

    [Fact]
    public async Task A_device_whose_reader_has_an_open_checkout_waits_for_its_end()
    {
        var reader = await World.AdoptOne(First, "U1");
        var open = await World.Till.Charge(reader, Connector.Coffee());
        World.Listed.Clear();
        World.Listed[Second] = new("U1");
        var refused = Assert.Single(await World.Adopt(new()));
        World.NextPaired = (Second, new("U1"));
        using var byCode = await World.Till.Post("readers", new { pairing_code = "ABCD2345", name = "Terrace" });

        Assert.Equal(("DEVICE_HAS_CHECKOUT", $"{open}"), (refused.Refused.Reason, refused.Refused.CheckoutId));
        Assert.Equal("409 DEVICE_HAS_CHECKOUT", await byCode.Refusal());
        World.Transaction = Paid(open);
        await Eventually.Equal("successful", () => World.Till.Outcome(reader, open), () => World.Fleet.Pass(1));
        Assert.Equal(reader, Assert.Single(await World.Adopt(new())).ReaderId);
    }

    [Fact]
    public async Task Two_adoptions_at_once_make_one_reader()
    {
        for (var i = 0; i < 8; i++) World.Listed[$"rdr_{i:00000000000000000000000000}"] = new($"U{i}");
        var told = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => World.Adopt(new())));
        var readers = (await World.ListReaders()).Readers;

        Assert.Equal(8, readers.Count);
        Assert.All(told.SelectMany(some => some), one => Assert.True(one.Done, $"{one}"));
        Assert.Equal(8, told.SelectMany(some => some).Select(one => one.ReaderId).Distinct().Count());
    }

    [Fact]
    public async Task A_reader_that_was_deleted_leaves_its_device_to_a_new_one()
    {
        var reader = await World.AdoptOne(First, "U1");
        using var deleted = await World.Till.Delete($"readers/{reader}");
        var other = await World.AdoptOne(Second, "U1");

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.NotEqual(reader, other);
    }

    [Fact]
    public async Task A_merchant_that_is_not_linked_has_nothing_to_adopt()
    {
        using var caller = new RpcCaller(World.Fleet);
        var refused = await Assert.ThrowsAsync<RpcException>(() => World.Adopt(new(), caller));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("has no account at SumUp", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "{}")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"items":[{"name":"without an id"}]}""")]
    public async Task A_list_that_cannot_be_read_adopts_nothing(int status, string body)
    {
        World.WrongList = (status, body);
        var ran = await World.Shell.Run("readers adopt");

        Assert.Equal(1, ran.Code);
        Assert.Contains("SumUp could not be reached", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_none_and_a_wrong_tag_are_refused()
    {
        World.Listed[First] = new("U1");
        var result = Assert.Single(await World.Adopt(new() { Store = "nowhere" }));
        var ran = await World.Shell.Run("readers adopt --tag 'No Tag'");

        Assert.Equal("VALIDATION_ERROR", result.Refused.Reason);
        Assert.Equal(1, ran.Code);
        Assert.Contains("tags", ran.Error, StringComparison.Ordinal);
    }

    /// <summary>The transaction of a checkout.</summary>
    internal static string Paid(Guid id) => $$"""
        {"id":"tx-1","transaction_code":"TXCODE1","client_transaction_id":"t-1","amount":15.00,
         "foreign_transaction_id":"fleet-{{id:N}}","currency":"EUR","status":"SUCCESSFUL",
         "merchant_code":"{{FleetApp.LiveMerchant}}","card":{"last_4_digits":"4242","type":"VISA"} }
        """;
}

/// <summary>Two merchants of one chain whose accounts have the same device, one after the other.</summary>
public sealed class SharedDeviceTests
{
    [Fact]
    public async Task A_device_of_another_merchant_is_adopted_when_its_pairing_there_is_over()
    {
        await using var world = await CloudRoster.Start();
        await using var other = await FleetAppWithTwo(world);
        using var mine = new RpcCaller(other, FleetApp.LiveKey);
        using var theirs = new RpcCaller(other, FleetApp.OtherKey);
        world.Listed[CloudRoster.First] = new("U1");
        var reader = Assert.Single(await world.Adopt(new(), mine)).ReaderId;
        var refused = Assert.Single(await world.Adopt(new(), theirs));
        using var deleted = await other.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey).Delete($"readers/{reader}");
        world.Listed[CloudRoster.First] = new("U1");
        var adopted = Assert.Single(await world.Adopt(new(), theirs));

        Assert.Equal(("PAIRED_ELSEWHERE", ""), (refused.Refused.Reason, refused.ReaderId));
        Assert.True(adopted.Done, $"{adopted}");
        Assert.NotEqual(reader, adopted.ReaderId);
    }

    private static Task<FleetApp> FleetAppWithTwo(CloudRoster world) => FleetApp.Start(null,
    [
        .. Connector.LinkTo(world.Cloud.Url), "--Fleet:Merchants:1:Sandbox=false",
        $"--Fleet:Merchants:1:SumUp:ApiKey={FleetApp.OtherKey}",
        $"--Fleet:Merchants:1:SumUp:AffiliateAppId={Connector.AppId}", "--Fleet:Merchants:1:SumUp:AffiliateKey=other",
    ]);
}

using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A merchant is linked with SumUp while the node runs; another node plays SumUp.</summary>
public sealed class MerchantLinkTests : IAsyncLifetime
{
    private static readonly string[] Everything =
        ["readers.read", "readers.write", "checkouts.read", "checkouts.write", "transactions.read", "refunds.write"];

    private readonly Connector _world = new(isLinked: false);

    private FleetApp Fleet => _world.Fleet;

    public ValueTask InitializeAsync() => _world.InitializeAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_merchant_pairs_and_pays_as_soon_as_it_is_linked()
    {
        Assert.Equal("device", await Fleet.LinkWords());
        var linked = await Fleet.Link(FleetApp.LiveKey);
        Assert.Equal(
            [
                "readers.read granted", "transactions.history granted", "user.profile_readonly granted",
                "readers.write not_tried", "refunds.write not_tried",
            ], linked.Permissions());

        var (device, reader) = await _world.PairedDevice();
        await using var _ = device;
        var id = await _world.Till.Charge(reader, Connector.Coffee());
        await Pay(device);
        await _world.BecomesOf(reader, id, "successful");
        Assert.Equal("sumup api working", await Fleet.LinkWords());
    }

    [Fact]
    public async Task An_open_payment_goes_on_with_the_new_key()
    {
        var (old, young) = (await _world.MakeCloudKey(Everything), await _world.MakeCloudKey(Everything));
        await Fleet.Link(old.Key);
        var (device, reader) = await _world.PairedDevice();
        await using var _ = device;
        var id = await _world.Till.Charge(reader, Connector.Coffee());
        await Fleet.Link(new { api_key = young.Key });
        await _world.CloudTill.Revoke(old.Id);

        await Pay(device);
        await _world.BecomesOf(reader, id, "successful");
        var link = await Fleet.ShowLink();
        Assert.Equal(RandomIds.HashSecret(young.Key)[..12].ToLowerInvariant(), link.Text("fingerprint"));
        Assert.Equal(Connector.AppId, link.Text("affiliate_app_id")); // kept from before
    }

    [Theory]
    [InlineData("wrong-key")]
    [InlineData(FleetApp.OtherKey)]
    public async Task A_key_that_is_wrong_or_of_another_merchant_changes_nothing(string key)
    {
        Assert.Equal("400 api_key is not accepted by SumUp for this merchant.",
            await Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask(key)).Wrong());
        Assert.Equal("device", await Fleet.LinkWords());

        await Fleet.Link(FleetApp.LiveKey);
        Assert.Equal("400 api_key is not accepted by SumUp for this merchant.",
            await Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask(key)).Wrong());
        var (device, _) = await _world.PairedDevice(); // the good key counts
        await device.DisposeAsync();
    }

    [Fact]
    public async Task A_permission_that_is_missing_is_named_and_nothing_is_kept()
    {
        var blind = await _world.MakeCloudKey("readers.read", "readers.write");
        Assert.Equal("400 api_key lacks the permission transactions.history.",
            await Fleet.Live().Post(LinkCalls.Path, LinkCalls.Ask(blind.Key)).Wrong());

        var tried = await Fleet.Link(LinkCalls.Ask(blind.Key, dryRun: true));
        Assert.Equal(("VALIDATION_ERROR", "device"),
            (tried.GetProperty("refused").Text("reason"), tried.GetProperty("link").Text("kind")));
        Assert.Contains("transactions.history missing", tried.Permissions());
        Assert.Contains("readers.read granted", tried.Permissions());
    }

    [Fact]
    public async Task A_dry_run_of_a_good_key_changes_nothing_and_leaves_no_row()
    {
        var tried = await Fleet.Link(LinkCalls.Ask(FleetApp.LiveKey, dryRun: true));

        Assert.False(tried.TryGetProperty("refused", out var _));
        Assert.Equal("device", await Fleet.LinkWords());
        Assert.Empty(await Fleet.Live().AuditRows("action=merchant.link"));
    }

    [Fact]
    public async Task Without_its_link_a_reader_refuses_and_an_open_payment_stays_unknown()
    {
        await Fleet.Link(FleetApp.LiveKey);
        var (device, reader) = await _world.PairedDevice();
        await using var _ = device;
        var (other, idle) = await _world.PairedDevice("Idle");
        await using var __ = other;
        var id = await _world.Till.Charge(reader, Connector.Coffee());
        await Fleet.Unlink();
        await Fleet.Unlink(); // it is so

        using var refused = await _world.Till.Post($"readers/{idle}/checkout", Connector.Coffee());
        Assert.Equal("422 PROVIDER_UNAVAILABLE", await refused.Refusal());
        await Pay(device);
        Fleet.Pass(200);
        Assert.Equal("pending", await _world.Till.Outcome(reader, id));
        await Fleet.Link(FleetApp.LiveKey);
        await _world.BecomesOf(reader, id, "successful", 5);
    }

    [Fact]
    public async Task A_restarted_node_still_has_the_link()
    {
        await Fleet.Link(FleetApp.LiveKey);
        await _world.RestartFleet();

        Assert.Equal("sumup api working", await Fleet.LinkWords());
        var (device, reader) = await _world.PairedDevice();
        await using var _ = device;
        await _world.Till.Charge(reader, Connector.Coffee());
    }

    [Fact]
    public async Task Keys_that_cannot_be_opened_any_more_are_told_and_given_again()
    {
        await Fleet.Link(FleetApp.LiveKey);
        var (device, reader) = await _world.PairedDevice();
        await using var _ = device;
        await Fleet.Sql("DELETE FROM key_ring");
        await _world.RestartFleet();

        Assert.Equal("sumup api key_unreadable", await Fleet.LinkWords());
        using var refused = await _world.Till.Post($"readers/{reader}/checkout", Connector.Coffee());
        Assert.Equal("422 PROVIDER_UNAVAILABLE", await refused.Refusal());
        Assert.Equal("400 affiliate_app_id is required; affiliate_key is required.",
            await Fleet.Live().Post(LinkCalls.Path, new { api_key = FleetApp.LiveKey }).Wrong());
        await Fleet.Link(FleetApp.LiveKey);
        await _world.Till.Charge(reader, Connector.Coffee());
    }

    [Fact]
    public async Task Links_that_are_made_at_once_all_succeed_and_one_of_them_counts()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _world.MakeCloudKey(Everything)));
        await Task.WhenAll(keys.Select(key => Fleet.Link(key.Key)));

        var (device, _) = await _world.PairedDevice();
        await device.DisposeAsync();
        Assert.Contains((await Fleet.ShowLink()).Text("fingerprint"),
            keys.Select(key => RandomIds.HashSecret(key.Key)[..12].ToLowerInvariant()));
    }

    [Fact]
    public async Task Each_change_of_a_link_is_in_the_audit_without_its_keys()
    {
        await Fleet.Link(FleetApp.LiveKey);
        await Fleet.Unlink();
        var rows = await Fleet.Live().AuditRows();

        Assert.Equal(["merchant.link api_key affiliate_app_id affiliate_key", "merchant.unlink"],
            rows.Where(row => row.Text("subject") == FleetApp.LiveMerchant)
                .Select(row => $"{row.Text("action")} {row.Text("detail")}".Trim()));
    }

    private static async Task Pay(TestDevice device)
    {
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Approve(shown.CheckoutId);
    }
}

/// <summary>Two nodes of Fleet over one PostgreSQL share the link that was made at one of them.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SharedLinkTests
{
    [Fact]
    public async Task A_link_that_is_made_at_one_node_counts_at_all_of_them()
    {
        await using var cloud = await CloudStandIn.Start(TimeProvider.System);
        cloud.Usually(LinkCalls.AnswerTrial);
        await using var first = await FleetApp.StartCluster(Connector.AddressOf(cloud.Url));
        await using var second = await first.StartAnother(Connector.AddressOf(cloud.Url));
        await first.Link(LinkCalls.Secret);

        Assert.Equal("sumup api working", await first.LinkWords());
        Assert.Equal("sumup api working", await second.LinkWords());
        await first.Stop(); // wherever the account was, the other node opens what this one has sealed
        await Eventually.Equal("sumup api working", async () =>
        {
            using var answer = await second.Live().Get(LinkCalls.Path);
            return answer.StatusCode is HttpStatusCode.OK ? await second.LinkWords() : $"{answer.StatusCode}";
        });
        cloud.Then(201, """
            {"id":"rdr_1JHCGHNM3095NBKJP2CMDWJTDQ","name":"Lane","status":"paired",
             "device":{"identifier":"U1DT3NA00-CN","model":"solo"} }
            """);
        using var paired = await second.Live().Post("readers", new { pairing_code = "ABCD2345", name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, paired.StatusCode);
        Assert.Equal($"Bearer {LinkCalls.Secret}", cloud.Requests[^1].Headers["Authorization"]);
    }
}

using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>From the code on a screen to a reader: 5 minutes, one use, one merchant.</summary>
public sealed class PairingTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public async Task A_code_pairs_one_reader_and_no_second()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);

        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code));
        Assert.Equal(HttpStatusCode.Conflict, await Pair(fleet.Till, code));
    }

    [Fact]
    public async Task A_used_code_has_one_word_over_REST_and_gRPC()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code));
        using var caller = new RpcCaller(fleet);

        using var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        Assert.Equal("409 READER_NOT_PENDING", await refused.Refusal());
        Assert.Equal("READER_NOT_PENDING", await caller.Readers.PairAsync(
            new() { PairingCode = code, Name = "Lane" }, caller.Headers,
            cancellationToken: TestContext.Current.CancellationToken).Refused());
    }

    [Fact]
    public async Task Two_merchants_with_one_code_get_one_reader()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);
        var other = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);

        var answers = await Task.WhenAll(Pair(fleet.Till, code), Pair(other, code));

        Assert.Single(answers, HttpStatusCode.Created);
        Assert.Single(answers, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_code_is_read_as_people_type_it()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);

        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, $" {code[..4].ToLowerInvariant()}-{code[4..]} "));
    }

    [Fact]
    public async Task A_code_ends_after_5_minutes_and_a_new_one_is_shown()
    {
        await using var device = await fleet.Device();
        var old = await ShownCode(device);
        fleet.Pass(300);
        var next = await device.Expect<PairingCode>();

        Assert.Equal(HttpStatusCode.NotFound, await Pair(fleet.Till, old));
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, next.Code));
    }

    [Fact]
    public async Task A_pairing_not_confirmed_in_5_minutes_expires()
    {
        await using var device = await fleet.Device();
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, await ShownCode(device)));
        var paired = await device.Expect<Paired>();
        Assert.Equal("processing", await StatusOf(paired.ReaderId));
        fleet.Pass(300);

        Assert.Equal("expired", await StatusOf(paired.ReaderId));
        await device.Send(new Hello(device.Serial, "virtual-solo", "1", paired.ReaderId, paired.Credential));
        Assert.Equal(paired.ReaderId, (await device.Expect<Unpaired>()).ReaderId);
    }

    [Fact]
    public async Task A_device_that_missed_its_pairing_is_told_again()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code));
        var missed = await device.Expect<Paired>();

        await using var again = await device.ConnectAgain();
        await again.Introduce(code);
        await again.ConfirmPairing();

        Assert.Equal("paired", await StatusOf(missed.ReaderId));
        Assert.NotEqual(missed.Credential, again.Credential);
    }

    [Fact]
    public async Task A_pairing_is_told_only_to_the_connection_that_showed_its_code()
    {
        await using var device = await fleet.Device();
        var code = await ShownCode(device);
        await using var stranger = await device.ConnectAgain();
        await stranger.Introduce();
        await stranger.Expect<PairingCode>();

        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code));

        await device.ConfirmPairing();
        Assert.False(stranger.HasNews);
    }

    [Fact]
    public async Task A_stranger_who_never_showed_the_code_is_told_of_no_pairing()
    {
        await using var device = await fleet.Device();
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, await ShownCode(device)));
        await device.Expect<Paired>();

        await using var stranger = await device.ConnectAgain();
        await stranger.Introduce("00000000");

        Assert.IsType<PairingCode>(await stranger.Next());
    }

    [Fact]
    public async Task A_device_paired_anew_is_a_new_reader_and_the_old_one_expires()
    {
        await using var device = await fleet.PairedDevice();
        var old = device.ReaderId;
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        fleet.Pass(60);
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code.Code));
        await device.ConfirmPairing();

        Assert.NotEqual(old, device.ReaderId);
        Assert.Equal("expired", await StatusOf(old));
        using var refused = await fleet.Till.Post($"readers/{old}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_OFFLINE", await refused.Refusal());
    }

    [Theory]
    [InlineData("solo", FleetApp.Merchant, FleetApp.Key)]
    [InlineData("virtual-solo", FleetApp.LiveMerchant, FleetApp.LiveKey)]
    public async Task The_wrong_kind_of_reader_is_refused_and_keeps_its_code(string model, string merchant, string key)
    {
        await using var device = await fleet.Device(model: model);
        await device.Introduce();
        var code = await device.Expect<PairingCode>();

        using var refused = await fleet.TillOf(merchant, key)
            .Post("readers", new { pairing_code = code.Code, name = "x" });
        Assert.Equal("409 WRONG_KIND_OF_READER", await refused.Refusal());
        var right = model == "solo" ? fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey) : fleet.Till;
        Assert.Equal(HttpStatusCode.Created, await Pair(right, code.Code));
    }

    [Fact]
    public async Task A_deleted_reader_frees_its_device_for_a_new_pairing()
    {
        await using var device = await fleet.PairedDevice();
        using var deleted = await fleet.Till.Delete($"readers/{device.ReaderId}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);

        Assert.Equal(device.ReaderId, (await device.Expect<Unpaired>()).ReaderId);
        await device.Introduce();
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, (await device.Expect<PairingCode>()).Code));
    }

    [Fact]
    public async Task A_device_with_a_wrong_credential_is_no_reader()
    {
        await using var device = await fleet.PairedDevice();
        await using var thief = await device.ConnectAgain();
        await thief.Send(new Hello(device.Serial, "virtual-solo", "1", device.ReaderId, "guess"));

        await thief.Expect<Unpaired>();
        await thief.Send(new ScreenState(1, Screens.Idle));
        await thief.Ended();
        Assert.StartsWith($"{Link.ProtocolError}", thief.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_with_its_serial_number_does_not_displace_a_device()
    {
        await using var device = await fleet.PairedDevice();
        await using var stranger = await device.ConnectAgain();
        await stranger.Introduce();
        await stranger.Expect<PairingCode>();

        var checkout = await fleet.Till.Charge(device.ReaderId);

        Assert.Equal(checkout, (await device.Expect<ShowCheckout>()).Checkout.CheckoutId);
        Assert.True(await device.AskStart(checkout));
        Assert.False(stranger.HasNews);
    }

    [Fact]
    public async Task Of_five_connections_that_show_codes_the_oldest_makes_room()
    {
        await using var first = await fleet.Device();
        await using var second = await first.ConnectAgain();
        await using var third = await first.ConnectAgain();
        await using var fourth = await first.ConnectAgain();
        foreach (var device in new[] { first, second, third, fourth, first }) await ShownCode(device);
        await using var fifth = await first.ConnectAgain();
        var code = await ShownCode(fifth);

        await second.Ended(); // and not the first, which shows the newest code but one
        Assert.Equal(HttpStatusCode.Created, await Pair(fleet.Till, code));
    }

    private static async Task<string> ShownCode(TestDevice device)
    {
        await device.Introduce();
        return (await device.Expect<PairingCode>()).Code;
    }

    private static async Task<HttpStatusCode> Pair(Till till, string code)
    {
        using var answer = await till.Post("readers", new { pairing_code = code, name = "Lane" });
        return answer.StatusCode;
    }

    private async Task<string?> StatusOf(string readerId)
    {
        using var answer = await fleet.Till.Get($"readers/{readerId}");
        return (await answer.Json()).GetProperty("status").GetString();
    }
}

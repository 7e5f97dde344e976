using System.Net;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A reader from its pairing code to its end, in the shapes that the official description promises.</summary>
public sealed class ReaderApiTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$";

    private static readonly string[] Times = ["created_at", "updated_at", "valid_until", "last_activity"];

    private static readonly string[] ReaderMembers = ["id", "name", "status", "device", "created_at", "updated_at"];

    private static readonly string[] CheckoutMembers = ["checkout_id", "client_transaction_id", "reader_serial_number",
        "payment_type", "card_type", "reader_firmware_version", "installments", "payment_status", "valid_until",
        "created_at", "updated_at", "status", "total_amount", "payment_failure_reason"];

    [Fact]
    public async Task A_new_reader_is_processing_until_its_device_confirms()
    {
        await using var device = await fleet.Device("U1DT3NA00-CN");
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var created = await fleet.Till.Post(
            "readers", new { pairing_code = code, name = "Bar", metadata = new { floor = 1 } });

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var reader = await created.Json();
        HasShape(reader, ReaderMembers, "metadata");
        HasShape(reader.GetProperty("device"), ["identifier", "model"]);
        Assert.Equal("Bar processing U1DT3NA00-CN virtual-solo {\"floor\":1}", Said(reader));
        await device.ConfirmPairing();
        var paired = await Read($"readers/{device.ReaderId}");
        Assert.Equal("Bar paired U1DT3NA00-CN virtual-solo {\"floor\":1}", Said(paired));
    }

    [Fact]
    public async Task A_reader_is_the_same_wherever_it_is_told()
    {
        await using var device = await fleet.PairedDevice("Kiosk");
        var reader = await Read($"readers/{device.ReaderId}");

        var listed = (await Read("readers")).GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("id").GetString() == device.ReaderId);

        HasShape(reader, ReaderMembers);
        Assert.Matches("^rdr_[0-9A-HJKMNP-TV-Z]{26}$", reader.GetProperty("id").GetString());
        Assert.Equal(reader.GetRawText(), listed.GetRawText());
    }

    [Fact]
    public async Task A_list_has_the_readers_in_order_of_pairing()
    {
        await using var one = await fleet.PairedDevice();
        await using var two = await fleet.PairedDevice();
        await using var three = await fleet.PairedDevice();
        var list = await Read("readers?limit=1&unknown=x");

        HasShape(list, ["items"]);
        Assert.Equal([one.ReaderId, two.ReaderId, three.ReaderId],
            list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()).TakeLast(3));
    }

    [Fact]
    public async Task A_merchant_without_readers_has_an_empty_list()
    {
        using var answer = await fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey).Get("readers");

        Assert.Equal("{\"items\":[]}", (await answer.Json()).GetRawText());
    }

    [Fact]
    public async Task A_change_is_answered_with_the_reader_as_it_is_then()
    {
        await using var device = await fleet.PairedDevice("Old");
        var before = await Read($"readers/{device.ReaderId}");
        fleet.Pass(1);
        using var answer = await fleet.Till.Patch(
            $"readers/{device.ReaderId}", new { name = "New", metadata = new { a = 1 } });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var changed = await answer.Json();
        HasShape(changed, ReaderMembers, "metadata");
        Assert.Equal(changed.GetRawText(), (await Read($"readers/{device.ReaderId}")).GetRawText());
        Assert.Equal(TimeOf(before, "created_at"), TimeOf(changed, "created_at"));
        Assert.True(TimeOf(before, "updated_at") < TimeOf(changed, "updated_at"));
    }

    [Fact]
    public async Task A_status_tells_what_the_device_told()
    {
        await using var device = await fleet.PairedDevice();
        await device.Send(new DeviceStatus(device.Epoch, 87.5, 31, "Wi-Fi"));
        await device.Send(new ScreenState(device.Epoch, Screens.WaitingForPin));
        Assert.False(await device.AskStart(Guid.NewGuid())); // answered after the two frames were handled

        var status = (await Read($"readers/{device.ReaderId}/status")).GetProperty("data");

        HasShape(status, ["status", "state", "battery_level", "battery_temperature", "connection_type",
            "firmware_version", "last_activity"]);
        Assert.Equal("ONLINE WAITING_FOR_PIN 87.5 31 Wi-Fi 3.3.40.3",
            string.Join(' ', status.EnumerateObject().SkipLast(1).Select(member => member.Value)));
    }

    [Theory]
    [InlineData("btle")]
    [InlineData("edge")]
    [InlineData("gprs")]
    [InlineData("lte")]
    [InlineData("umts")]
    [InlineData("usb")]
    public async Task A_status_leaves_out_what_the_device_never_told(string connection)
    {
        await using var device = await fleet.PairedDevice();
        await device.Send(new DeviceStatus(device.Epoch, ConnectionType: connection));
        Assert.False(await device.AskStart(Guid.NewGuid()));

        var status = (await Read($"readers/{device.ReaderId}/status")).GetProperty("data");

        HasShape(status, ["status", "connection_type", "firmware_version", "last_activity"]);
        Assert.Equal(connection, status.GetProperty("connection_type").GetString());
    }

    [Fact]
    public async Task An_offline_reader_keeps_its_last_status()
    {
        await using var device = await fleet.PairedDevice();
        await device.Send(new DeviceStatus(device.Epoch, 12, 20));
        await device.Send(new ScreenState(device.Epoch, Screens.UpdatingFirmware));
        await device.HangUp();
        await Eventually.Equal("OFFLINE", async () => Word(await Read($"readers/{device.ReaderId}/status"), "status"));

        var status = await Read($"readers/{device.ReaderId}/status");

        Assert.Equal("UPDATING_FIRMWARE", Word(status, "state"));
        Assert.Equal(12, status.GetProperty("data").GetProperty("battery_level").GetDouble());
    }

    [Fact]
    public async Task A_reader_that_never_connected_is_offline_and_takes_nothing()
    {
        await using var device = await fleet.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var created = await fleet.Till.Post("readers", new { pairing_code = code, name = "Bar" });
        var path = $"readers/{(await created.Json()).GetProperty("id").GetString()}";

        HasShape((await Read($"{path}/status")).GetProperty("data"), ["status"], "firmware_version");
        Assert.Equal("OFFLINE", Word(await Read($"{path}/status"), "status"));
        using var checkout = await fleet.Till.Post($"{path}/checkout", Checkouts.Coffee);
        Assert.Equal("422 READER_OFFLINE", await checkout.Refusal());
    }

    [Theory]
    [InlineData("accepted", "pending", null)]
    [InlineData("started", "pending", null)]
    [InlineData("approved", "successful", null)]
    [InlineData("failed", "failed", "declined")]
    [InlineData("cancelled", "cancelled", "customer_cancelled")]
    public async Task A_checkout_has_every_member_always_and_its_reason_may_be_null(
        string state, string status, string? reason)
    {
        await using var device = await fleet.PairedDevice();
        var id = await fleet.Till.Charge(device.ReaderId);
        if (state != "accepted") Assert.True(await device.AskStart(id));
        var charged = reason is null ? 1500 : 0;
        if (status != "pending") await device.Report(new Result(device.Epoch, id, state, reason, charged));

        var checkout = (await Read($"readers/{device.ReaderId}/checkout/{id}")).GetProperty("data");

        HasShape(checkout, CheckoutMembers);
        Assert.Equal(reason, checkout.GetProperty("payment_failure_reason").GetString());
        string[] members =
            ["status", "payment_status", "payment_type", "card_type", "installments", "reader_serial_number"];
        Assert.Equal($"{status} {status} card credit 1 {device.Serial}",
            string.Join(' ', members.Select(name => checkout.GetProperty(name))));
    }

    [Fact]
    public async Task A_checkout_tells_what_the_till_asked_for()
    {
        await using var device = await fleet.PairedDevice();
        using var created = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", new
        {
            total_amount = new { currency = "HUF", minor_unit = 0, value = 990 }, card_type = "debit", installments = 3,
        });
        var ids = (await created.Json()).GetProperty("data");
        HasShape(ids, ["checkout_id", "client_transaction_id"]);

        var checkout = await fleet.Till.Checkout(device.ReaderId, ids.GetProperty("checkout_id").GetGuid());

        string[] members = ["card_type", "installments", "total_amount"];
        Assert.Equal("debit 3 {\"currency\":\"HUF\",\"minor_unit\":0,\"value\":990}",
            string.Join(' ', members.Select(name => checkout.GetProperty(name))));
        Assert.Equal(TimeSpan.FromSeconds(60), TimeOf(checkout, "valid_until") - TimeOf(checkout, "created_at"));
        Assert.All(ids.EnumerateObject(), member =>
            Assert.Equal($"{member.Value.GetGuid()}", checkout.GetProperty(member.Name).GetString()));
    }

    [Fact]
    public async Task A_deleted_reader_is_gone_everywhere()
    {
        await using var device = await fleet.PairedDevice();
        var path = $"readers/{device.ReaderId}";
        using var deleted = await fleet.Till.Delete(path);

        Assert.Equal((HttpStatusCode.OK, 0L), (deleted.StatusCode, deleted.Content.Headers.ContentLength));
        foreach (var gone in new[]
        {
            fleet.Till.Get(path), fleet.Till.Get($"{path}/status"), fleet.Till.Patch(path, new { name = "Back" }),
            fleet.Till.Delete(path), fleet.Till.Post($"{path}/checkout", Checkouts.Coffee),
            fleet.Till.Post($"{path}/terminate", new { }),
        })
            await (await gone).MustRefuse(404);
        Assert.DoesNotContain(device.ReaderId, (await Read("readers")).GetRawText());
    }

    [Fact]
    public async Task A_deleted_readers_checkout_still_tells_its_outcome()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        using var deleted = await fleet.Till.Delete($"readers/{device.ReaderId}");

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Theory]
    [InlineData("If-Modified-Since", "yesterday")]
    [InlineData("If-Modified-Since", "Sun, 01 Mar 2026 09:00:00 GMT")]
    [InlineData("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT")]
    [InlineData("If-Modified-Since", "9999-12-31T23:59:59Z")]
    [InlineData("If-None-Match", "*")]
    [InlineData("If-Match", "\"x\"")]
    [InlineData("Range", "bytes=0-1")]
    public async Task A_read_is_answered_in_full_whatever_it_is_conditional_on(string header, string value)
    {
        await using var device = await fleet.PairedDevice();
        foreach (var path in new[] { "readers", $"readers/{device.ReaderId}", $"readers/{device.ReaderId}/status" })
        {
            using var answer = await fleet.Till.Send(HttpMethod.Get, path, null, (header, value));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.NotEqual(JsonValueKind.Undefined, (await answer.Json()).ValueKind);
        }
    }

    [Fact]
    public async Task A_content_type_without_a_body_disturbs_nothing()
    {
        await using var device = await fleet.PairedDevice();
        foreach (var (method, path) in new[] { ("GET", "readers"), ("GET", $"readers/{device.ReaderId}/status"),
            ("GET", $"readers/{device.ReaderId}"), ("DELETE", $"readers/{device.ReaderId}") })
        {
            using var answer = await fleet.Till.Send(new(method), path, Lane.Json(""));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Strict_sixty_seconds_keep_the_slot_closed_after_a_quick_end()
    {
        await using var strict = await FleetApp.Start(null, "--strict-sixty-seconds=true");
        await using var device = await strict.PairedDevice();
        var first = await strict.Till.Charge(device.ReaderId);
        await device.Pay();
        strict.Pass(59);

        using var early = await strict.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);

        Assert.Equal("422 READER_BUSY", await early.Refusal());
        var errors = (await early.Json()).GetProperty("errors");
        Assert.Equal([$"{first}", "successful", "2026-03-01T09:01:00.000000Z"],
            errors.EnumerateObject().Skip(2).Select(member => member.Value.GetString()));
        strict.Pass(1);
        await strict.Till.Charge(device.ReaderId);
    }

    /// <summary>
    /// Demands these members and no others, no null but for the reason of a checkout, and every time in UTC.
    /// </summary>
    private static void HasShape(JsonElement json, string[] required, params string[] optional)
    {
        var members = json.EnumerateObject().ToArray();
        Assert.Empty(required.Except(members.Select(member => member.Name)));
        Assert.Empty(members.Select(member => member.Name).Except(required).Except(optional));
        Assert.DoesNotContain(members, member =>
            member is { Value.ValueKind: JsonValueKind.Null, Name: not "payment_failure_reason" });
        foreach (var time in members.Where(member => Times.Contains(member.Name)))
            Assert.Matches(Time, time.Value.GetString());
    }

    private static DateTimeOffset TimeOf(JsonElement json, string member) =>
        json.GetProperty(member).GetDateTimeOffset();

    private static string Said(JsonElement reader) => string.Join(' ',
        reader.GetProperty("name"), reader.GetProperty("status"),
        reader.GetProperty("device").GetProperty("identifier"), reader.GetProperty("device").GetProperty("model"),
        reader.GetProperty("metadata").GetRawText());

    private static string? Word(JsonElement status, string member) =>
        status.GetProperty("data").GetProperty(member).GetString();

    private async Task<JsonElement> Read(string path)
    {
        using var answer = await fleet.Till.Get(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Json();
    }
}

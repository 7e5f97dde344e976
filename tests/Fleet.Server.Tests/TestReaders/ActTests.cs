using System.Text;
using System.Text.Json;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Wishes for a virtual device that obeys tests, its answers, and their limits.</summary>
public sealed class ActTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static readonly DeviceScene Idle = new() { Version = 1, Screen = SceneScreens.Idle };

    [Fact]
    public async Task A_wish_comes_as_it_was_asked_and_is_answered_by_its_id()
    {
        await using var device = await Helper();
        var asked = fleet.Till.Act(device.ReaderId, "present",
            new { card = "visa", method = "insert", pin = "wrong", tip_rate = 0.1, wait_seconds = 5 });
        var act = await device.Expect<Act>();
        Assert.Equal((device.Epoch, new DeviceWish
        {
            Do = Wishes.Present, Card = "visa", Method = "insert", Pin = "wrong", TipRate = 0.1m, WaitMs = 5_000,
        }), (act.Epoch, act.Wish));
        await device.Send(new Acted(device.Epoch, Guid.NewGuid(), Idle)); // nobody asked for it
        await device.Send(new Acted(device.Epoch, act.ActId, Idle with { Charges = 7 }));
        Assert.Equal(7, (await asked).GetProperty("scene").GetProperty("charges").GetInt32());
    }

    [Fact]
    public async Task A_device_that_does_not_answer_is_waited_for_a_little_longer_than_the_wish_says()
    {
        await using var device = await Helper();
        var asked = fleet.Till.Post($"{TestReaderCalls.Readers}/{device.ReaderId}/reset", new { });
        await device.Expect<Act>();
        fleet.Pass(5.1);
        Assert.Equal("READER_OFFLINE", await asked.Reason());
    }

    [Fact]
    public async Task Sixteen_wishes_wait_on_a_connection_and_all_end_with_it()
    {
        var device = await Helper();
        var asked = Enumerable.Range(0, 16).Select(_ => Reset()).ToList();
        foreach (var _ in asked) await device.Expect<Act>();
        Assert.Equal("TEST_REFUSED", await Reset().Reason());
        await device.DisposeAsync();
        foreach (var one in asked) Assert.Equal("READER_OFFLINE", await one.Reason());

        Task<HttpResponseMessage> Reset() =>
            fleet.Till.Post($"{TestReaderCalls.Readers}/{device.ReaderId}/reset", new { });
    }

    [Theory]
    [InlineData("""{"version":1,"screen":"party"}""")]
    [InlineData("""{"version":-1,"screen":"idle"}""")]
    [InlineData("""{"version":1,"screen":"idle","charges":-1}""")]
    [InlineData("""{"version":1,"screen":"idle","battery":101}""")]
    [InlineData("""{"version":1,"screen":"idle","last_outcome":"great"}""")]
    [InlineData("""{"version":1,"screen":"idle","connection":"wire"}""")]
    [InlineData("null")]
    public async Task An_impossible_scene_ends_the_connection(string scene)
    {
        await using var device = await Helper();
        var frame = $$"""{"type":"acted","epoch":{{device.Epoch}},"act_id":"{{Guid.NewGuid()}}","scene":{{scene}}}""";
        await device.SendText(Encoding.UTF8.GetBytes(frame));
        await device.Ended();
        Assert.StartsWith($"{Link.ProtocolError}", device.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wish_is_a_row_of_the_audit()
    {
        var reader = await fleet.Till.MakeReader();
        await fleet.Till.Act(reader, "reset");
        using var answer = await fleet.Till.Get($"{KeyCalls.Audit}?action=test");
        var rows = (await answer.Json()).GetProperty("rows").EnumerateArray().ToArray();
        Assert.Contains(rows, row => IsAbout(row, reader, "reset"));
        Assert.Contains(rows, row => IsAbout(row, FleetApp.Merchant, "create"));
    }

    private static bool IsAbout(JsonElement row, string subject, string detail) =>
        row.Text("subject") == subject && row.Text("detail") == detail;

    /// <summary>A device that says that it obeys tests, paired and idle.</summary>
    private async Task<TestDevice> Helper()
    {
        var device = await fleet.Device();
        device.Helpers = true;
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        using var answer = await fleet.Till.Post("readers", new { pairing_code = code.Code, name = "Helper" });
        await device.ConfirmPairing();
        return device;
    }
}

using System.Net;
using Fleet.Protocol;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The wizard of the console that pairs devices.</summary>
public sealed class PairPageTests : IAsyncLifetime
{
    private const string Wizard = $"m/{FleetApp.Merchant}/pair";

    private readonly FleetApp _app = new();
    private RpcCaller? _caller;

    private RpcCaller Caller => _caller ??= new(_app);

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        await Caller.Store("front");
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task A_code_leads_to_a_page_that_says_when_the_device_has_confirmed()
    {
        var (device, code) = await Shown();
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        Assert.Contains("value=\"front\" selected", (await visitor.Open(Wizard + "?store=front")).Text);
        var page = await visitor.Send(
            Wizard, Wizard, ("code", code.ToLowerInvariant()), ("name", "Lane 1"), ("store", "front"));

        Assert.Contains("must confirm the pairing", page.Text);
        var watching = visitor.Watch(page.At + "/live", "It is free.");
        await device.ConfirmPairing();
        Assert.Contains(">free<", await watching);
        await device.DisposeAsync();
    }

    [Fact]
    public async Task What_is_wrong_is_said_beside_its_field_and_what_was_typed_stays()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var wrong = await visitor.Send(Wizard, Wizard, ("code", "?"), ("name", ""), ("store", "front"));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.Status);
        Assert.Contains("<span id=\"code-error\" class=\"wrong\" role=\"alert\">", wrong.Text);
        Assert.Contains("<span id=\"name-error\" class=\"wrong\" role=\"alert\">", wrong.Text);

        var unknown = await visitor.Send(
            Wizard, Wizard, ("code", "ABCD2345"), ("name", "Lane \"1\""), ("store", "front"));
        Assert.Contains("<span id=\"code-error\" class=\"wrong\" role=\"alert\">", unknown.Text);
        Assert.Contains("value=\"Lane &quot;1&quot;\"", unknown.Text);
        Assert.Contains("value=\"front\" selected", unknown.Text);
    }

    [Fact]
    public async Task Many_codes_are_paired_and_each_line_has_its_result()
    {
        var (first, one) = await Shown();
        var (second, two) = await Shown();
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = await visitor.Send(Wizard, Wizard + "/many",
            ("store", "front"), ("codes", $"{one} Lane 1\r\nABCD2345\tLane <2>\n\n{two};Lane 3\n{two} Lane 4"));

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("2 of 4 are being paired", page.Text);
        Assert.Contains("Lane &lt;2&gt;", page.Text);
        await first.ConfirmPairing();
        await second.ConfirmPairing();
        await Eventually.Equal("Lane 1 Lane 3", async () => string.Join(' ', (await Caller.Board("front")).Readers
            .Where(reader => reader.Presence is Proto.Presence.Free).Select(reader => reader.Name).Order()));
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact]
    public async Task No_code_and_more_than_fifty_are_refused()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var none = await visitor.Send(Wizard, Wizard + "/many", ("codes", " \n "));
        var many = await visitor.Send(Wizard, Wizard + "/many",
            ("codes", string.Join('\n', Enumerable.Repeat("ABCD2345 Lane", 51))));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (none.Status, many.Status));
    }

    [Fact]
    public async Task A_key_that_may_not_pair_sees_no_wizard_and_pairs_nothing()
    {
        var (device, code) = await Shown();
        using var visitor = await Visitor.SignIn(_app, FleetApp.ReadOnlyKey);

        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.Open(Wizard)).Status);
        var other = $"m/{FleetApp.Merchant}/readers/none";
        var answer = await visitor.Send(other, Wizard, ("code", code), ("name", "Lane 1"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Empty((await Caller.Board("front")).Readers);
        await device.DisposeAsync();
    }

    private async Task<(TestDevice Device, string Code)> Shown()
    {
        var device = await _app.Device();
        await device.Introduce();
        return (device, (await device.Expect<PairingCode>()).Code);
    }
}

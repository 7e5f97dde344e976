using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>The page of a reader in the console.</summary>
public sealed class ReaderPageTests : IAsyncLifetime
{
    private readonly FleetApp _app = new();
    private RpcCaller? _caller;

    private RpcCaller Caller => _caller ??= new(_app);

    public async ValueTask InitializeAsync()
    {
        await _app.InitializeAsync();
        await Caller.Store("front");
        await Caller.Store("back");
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task It_says_who_holds_the_reader_and_until_when()
    {
        await using var device = await Caller.Paired("front", "Lane 1");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        Assert.Contains("It is free.", (await visitor.Open(PageOf(device))).Text);
        var started = await Caller.Start(device);
        var page = await visitor.Open(PageOf(device));

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("A payment holds it.", page.Text);
        Assert.Contains($"checkouts/{started.CheckoutId}", page.Text);
        Assert.Contains("There is no deadline.", page.Text);
        Assert.Contains(device.Serial, page.Text);
        Assert.Contains("Connections per day", page.Text);
        Assert.Contains($"fleet readers watch {device.ReaderId}", page.Text);
        Assert.Contains("\"settings\"", (await visitor.Open(PageOf(device) + ".json")).Text);
    }

    [Fact]
    public async Task It_lists_the_newest_payments_and_why_nothing_was_charged()
    {
        await using var device = await Caller.Paired("front");
        var paid = await Caller.Start(device);
        await device.Pay();
        var ended = await Caller.Start(device);
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        await visitor.Send(PageOf(device), PageOf(device) + "/terminate", ("checkout", ended.CheckoutId));
        var page = (await visitor.Open(PageOf(device))).Text;

        Assert.InRange(page.IndexOf(ended.CheckoutId, StringComparison.Ordinal), 1,
            page.IndexOf(paid.CheckoutId, StringComparison.Ordinal));
        Assert.Contains(">cancelled<", page);
        Assert.Contains(">successful<", page);
    }

    [Fact]
    public async Task Who_watches_sees_at_once_that_its_device_is_gone()
    {
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var watching = visitor.Watch(PageOf(device) + "/live", "It is not connected.");
        await device.HangUp();

        Assert.Contains("<section id=\"now\"", await watching);
    }

    [Fact]
    public async Task A_payment_is_ended_by_its_button_and_the_page_stays()
    {
        await using var device = await Caller.Paired("front");
        var started = await Caller.Start(device);
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Send(
            PageOf(device), PageOf(device) + "/terminate", ("checkout", started.CheckoutId));

        Assert.EndsWith($"/console/{PageOf(device)}?ended={started.CheckoutId}", answer.At.ToString());
        Assert.Contains("The payment is over.", answer.Text);
        Assert.Contains("It is free.", answer.Text);
    }

    [Fact]
    public async Task Its_name_its_store_and_its_tags_are_changed_by_forms()
    {
        await using var device = await Caller.Paired("front", "Before");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = PageOf(device);
        var renamed = await visitor.Send(page, page + "/rename", ("name", "After <b>"));
        var moved = await visitor.Send(page, page + "/move", ("store", "back"), ("tags", "mobile, lane-3"));

        Assert.Contains("<h1><bdi>After &lt;b&gt;</bdi></h1>", renamed.Text);
        Assert.Equal(HttpStatusCode.OK, moved.Status);
        var reader = await Caller.Get(device);
        Assert.Equal(("After <b>", "back"), (reader.Name, reader.Store));
        Assert.Equal(["lane-3", "mobile"], reader.Tags.Order());
    }

    [Fact]
    public async Task A_wrong_name_is_refused_with_its_field()
    {
        await using var device = await Caller.Paired("front", "Before");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var answer = await visitor.Send(PageOf(device), PageOf(device) + "/rename", ("name", new string('W', 501)));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("<strong>name</strong>", answer.Text);
        Assert.Equal("Before", (await Caller.Get(device)).Name);
    }

    [Fact]
    public async Task After_it_is_unpaired_the_page_says_what_is_left_to_do_on_the_device()
    {
        await using var device = await Caller.Paired("front");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = PageOf(device);
        Assert.Contains("Disconnect", (await visitor.Open(page)).Text);
        var watching = visitor.Watch(page + "/live", "This reader is not here any more");
        var answer = await visitor.Send(page, page + "/unpair");

        Assert.Contains("Now go to the device", answer.Text);
        Assert.Contains(device.Serial, answer.Text);
        await watching;
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.Open(page)).Status);
    }

    [Fact]
    public async Task A_key_for_readers_only_is_told_that_the_reader_is_unpaired()
    {
        await using var device = await Caller.Paired("front");
        var scopes = new[] { "readers.read", "readers.write" };
        var key = await _app.Till.MakeKey(new { name = "fitter", scopes });
        using var visitor = await Visitor.SignIn(_app, key.Key);
        var page = await visitor.Send(PageOf(device), PageOf(device) + "/unpair");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("Now go to the device", page.Text);
    }

    [Fact]
    public async Task A_menu_lock_is_set_and_its_passcode_is_never_shown()
    {
        await using var device = await _app.LockableDevice();
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = PageOf(device);
        var applied = device.Apply();
        var set = await visitor.Send(page, page + "/settings", ("enabled", "on"), ("passcode", "2580"));
        Assert.Equal(new(true, "2580"), await applied);

        Assert.Contains("asks for a passcode", set.Text);
        Assert.DoesNotContain("2580", set.Text);
        Assert.DoesNotContain("2580", (await visitor.Open(page + ".json")).Text);
        var cleared = await visitor.Send(page, page + "/settings/clear");
        Assert.Contains("Fleet says nothing about its menu.", cleared.Text);
    }

    [Fact]
    public async Task A_reader_that_leaves_the_store_of_a_key_is_gone_for_it_alone()
    {
        await using var device = await Caller.Paired("front");
        var key = await _app.Till.MakeKey(new { name = "shop", scopes = new[] { "readers.read" }, store = "front" });
        using var shop = await Visitor.SignIn(_app, key.Key);
        using var office = await Visitor.SignIn(_app, FleetApp.Key);
        var gone = shop.Watch(PageOf(device) + "/live", "This reader is not here any more");
        await office.Watch(PageOf(device) + "/live", "It is free.");
        await Caller.Move(device, "back");

        Assert.DoesNotContain("back", await gone);
        Assert.Contains("It is free.", await office.Watch(PageOf(device) + "/live", "It is free."));
        Assert.Equal(HttpStatusCode.NotFound, (await shop.Open(PageOf(device))).Status);
    }

    [Fact]
    public async Task A_key_that_only_reads_sees_the_page_and_changes_nothing()
    {
        await using var device = await Caller.Paired("front", "Before");
        using var visitor = await Visitor.SignIn(_app, FleetApp.ReadOnlyKey);
        var page = PageOf(device);
        Assert.DoesNotContain("/rename", (await visitor.Open(page)).Text);

        foreach (var action in new[] { "rename", "move", "unpair", "settings", "settings/clear", "terminate" })
        {
            var answer = await visitor.Send(page, $"{page}/{action}", ("name", "After"), ("store", "back"),
                ("checkout", Guid.NewGuid().ToString()), ("enabled", "on"));
            Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        }
        Assert.Equal(("Before", "front"), ((await Caller.Get(device)).Name, (await Caller.Get(device)).Store));
    }

    [Fact]
    public async Task A_pairing_that_is_not_confirmed_in_time_is_told_to_who_watches()
    {
        await using var device = await _app.Device();
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using var paired = await _app.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        var reader = (await paired.Json()).Text("id");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = $"m/{FleetApp.Merchant}/readers/{reader}";
        Assert.Contains("must confirm the pairing", (await visitor.Open(page)).Text);
        var (watching, board) = (visitor.Watch(page + "/live", "Its pairing is over."),
            visitor.Watch($"m/{FleetApp.Merchant}/stores/default/live", "pairing expired"));
        _app.Pass(301);

        await watching;
        await board;
    }

    private static string PageOf(TestDevice device) => $"m/{FleetApp.Merchant}/readers/{device.ReaderId}";
}

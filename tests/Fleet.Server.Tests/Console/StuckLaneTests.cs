using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>What a manager sees of a lane that is stuck, and of one whose outcome is disputed.</summary>
public sealed class StuckLaneTests : IAsyncLifetime
{
    private const string Board = $"m/{FleetApp.Merchant}/stores/default";

    private readonly FleetApp _app = new();

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_payment_on_a_lost_device_that_was_asked_to_end_says_so_and_since_when()
    {
        await using var device = await _app.PairedDevice();
        var checkout = await _app.Till.Charge(device.ReaderId);
        await device.AskStart(checkout);
        await device.HangUp();
        await _app.Till.Becomes(device.ReaderId, "OFFLINE");
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var reader = $"m/{FleetApp.Merchant}/readers/{device.ReaderId}";
        Assert.DoesNotContain("asked at", (await visitor.Open(Board)).Text);
        var watching = visitor.Watch(Board + "/live", "ending, asked at");
        var store = await visitor.Send(Board, $"{reader}/terminate?store=default", ("checkout", $"{checkout}"));

        Assert.Contains("Do not charge the customer again", store.Text);
        Assert.Contains("ending, asked at <time datetime=\"2026-03-01T09:00:00.000Z\"", store.Text);
        Assert.Contains("There is no latest time.", store.Text);
        await watching;
        _app.Pass(3);
        var later = (await visitor.Open(reader)).Text;
        Assert.Contains("Ending, asked at <time datetime=\"2026-03-01T09:00:00.000Z\"", later);
    }

    [Fact]
    public async Task A_payment_whose_reader_was_moved_away_is_not_called_over_before_it_is()
    {
        await using var device = await _app.PairedDevice();
        var checkout = await _app.Till.Charge(device.ReaderId);
        await device.AskStart(checkout);
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        using var gone = await _app.Till.Send(HttpMethod.Delete, $"readers/{device.ReaderId}", null);
        gone.EnsureSuccessStatusCode();
        var open = (await visitor.Open($"{Board}?ended={checkout}")).Text;
        await device.Approve(checkout);
        var over = (await visitor.Open($"{Board}?ended={checkout}")).Text;
        var unknown = (await visitor.Open($"{Board}?ended={Guid.NewGuid()}")).Text;

        Assert.Contains("Do not charge the customer again", open);
        Assert.DoesNotContain("The payment is over", open);
        Assert.Contains("The payment is over", over);
        Assert.DoesNotContain("The payment is over", unknown);
    }

    [Fact]
    public async Task A_note_about_a_payment_is_only_shown_for_what_is_one()
    {
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);

        Assert.DoesNotContain("The payment is over", (await visitor.Open(Board + "?ended=%3Cb%3E")).Text);
    }

    [Fact]
    public async Task A_dispute_is_on_the_first_page_with_its_amount_and_its_lane()
    {
        await using var device = await _app.PairedDevice("Lane 3");
        var checkout = await _app.Till.Charge(device.ReaderId);
        await device.Pay();
        await device.Report(new Result(device.Epoch, checkout, Outcomes.Failed, "declined"));
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        await Eventually.Equal(true, async () =>
            (await visitor.Open("fleet")).Text.Contains("<b><bdi>15.00 EUR on Lane 3</bdi></b>"));
    }
}

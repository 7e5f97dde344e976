using System.Net;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>The time that a till gives a customer, on a clock that the test moves.</summary>
public sealed class DeadlineTests(FleetApp fleet) : IClassFixture<FleetApp>, IAsyncLifetime
{
    private TestDevice? _device;

    private TestDevice Device => _device ?? throw new InvalidOperationException("There is no device yet.");

    public async ValueTask InitializeAsync() => _device = await fleet.PairedDevice();

    public ValueTask DisposeAsync() => Device.DisposeAsync();

    [Fact]
    public async Task Before_the_grant_the_deadline_cancels_at_once_and_frees_the_reader()
    {
        var id = await Charge(20);
        fleet.Pass(20);

        Assert.Equal("cancelled/deadline", await fleet.Till.Outcome(Device.ReaderId, id));
        Assert.Equal(id, (await Device.Expect<Terminate>()).CheckoutId);
        Assert.False(await Device.AskStart(id));
        await fleet.Till.Charge(Device.ReaderId);
    }

    [Fact]
    public async Task After_the_grant_the_device_is_asked_and_its_report_decides()
    {
        var id = await Charge(90);
        Assert.True(await Device.AskStart(id));
        await Pass(89);
        Assert.False(Device.HasNews);
        await AskedAt(id, 3);
        Assert.Equal("pending", await fleet.Till.Outcome(Device.ReaderId, id));
        var open = await fleet.Till.Checkout(Device.ReaderId, id);
        Assert.True(open.GetProperty("terminate_requested").GetBoolean());

        await Device.Report(new Terminated(Device.Epoch, id));

        Assert.Equal("cancelled/deadline", await fleet.Till.Outcome(Device.ReaderId, id));
        var told = (await fleet.Till.Timeline(id)).GetProperty("events").EnumerateArray()
            .Select(one => $"{one.GetProperty("actor")} {one.GetProperty("kind")}");
        Assert.Equal(["till accepted", "device started", "fleet terminate_requested", "device cancelled"], told);
    }

    [Fact]
    public async Task A_payment_that_succeeded_after_the_deadline_stays_successful()
    {
        var id = await Charge(90);
        Assert.True(await Device.AskStart(id));
        await AskedAt(id, 100);

        await Device.Approve(id);

        Assert.Equal("successful", await fleet.Till.Outcome(Device.ReaderId, id));
    }

    [Fact]
    public async Task A_device_that_was_away_at_the_deadline_hears_it_when_it_is_back()
    {
        var id = await Charge(30);
        Assert.True(await Device.AskStart(id));
        await Device.HangUp();
        await fleet.Forget(Device.ReaderId);
        await Eventually.Equal(true, async () => (await fleet.Till.Checkout(Device.ReaderId, id))
            .TryGetProperty("terminate_requested", out _), () => fleet.Pass(1));
        await using var back = await Device.ConnectAgain();

        Assert.True((await back.Resume()).Checkout?.Terminate);
    }

    [Fact]
    public async Task The_deadline_is_shown_and_what_was_asked_to_end_is_not_listed_again()
    {
        var id = await Charge(90);
        var at = fleet.Clock.GetUtcNow().AddSeconds(90);
        var shown = (await fleet.Till.Checkout(Device.ReaderId, id)).GetProperty("deadline").GetDateTimeOffset();
        using var rpc = await fleet.Till.Get($"/fleet/v1/checkouts/{id}");
        using var reader = await fleet.Till.Get($"/fleet/v1/readers/{Device.ReaderId}");
        Assert.Equal((at, at), (shown, (await rpc.Json()).GetProperty("deadline").GetDateTimeOffset()));
        Assert.Equal(at, (await reader.Json()).GetProperty("checkout").GetProperty("deadline").GetDateTimeOffset());

        Assert.True(await Device.AskStart(id));
        await AskedAt(id, 100);

        var ledger = fleet.Services.GetRequiredService<ILedger>();
        Assert.DoesNotContain(Device.ReaderId,
            await ledger.ListOverdue(fleet.Clock.GetUtcNow(), 100, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_command_line_gives_a_deadline_and_shows_it()
    {
        var shell = new Shell(fleet);
        var started = Assert.Single(await shell.Tells(
            $"checkout start 15.00 EUR --reader {Device.ReaderId} --deadline 2m"));
        var id = Guid.Parse($"{started.GetProperty("checkout_id")}");
        var at = fleet.Clock.GetUtcNow().AddSeconds(120).ToString("yyyy-MM-dd HH:mm:ss'Z'", null);
        Assert.True(await Device.AskStart(id));

        Assert.Contains($"The customer has until {at}", await shell.Does($"why {id}"));
        Assert.Contains($"The customer has until {at}", await shell.Does($"checkout show {id}"));
        await AskedAt(id, 130);
        await Device.Report(new Terminated(Device.Epoch, id));

        Assert.Contains("deadline, worth another try", await shell.Does($"why {id}"));
        Assert.Equal(2, (await shell.Run("checkout start 1.00 EUR --deadline 5s")).Code);
        Assert.Equal(2, (await shell.Run("checkout start 1.00 EUR --deadline 90")).Code);
    }

    [Fact]
    public async Task A_webhook_tells_that_it_was_the_deadline()
    {
        var id = await fleet.Till.Charge(Device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, deadline_seconds = 10,
            return_url = "http://nowhere.invalid/",
        });
        fleet.Pass(10);
        Assert.Equal("cancelled/deadline", await fleet.Till.Outcome(Device.ReaderId, id));

        var outbox = fleet.Services.GetRequiredService<IDeliveries>();
        var told = await outbox.FindDelivery(FleetApp.Merchant, id, TestContext.Current.CancellationToken);
        Assert.Contains("\"failure_reason\":\"deadline\"", told?.Event.Body);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(3601)]
    public async Task A_deadline_out_of_its_bounds_is_refused(int seconds)
    {
        using var answer = await fleet.Till.Post($"readers/{Device.ReaderId}/checkout", Order(seconds));
        using var rpc = await fleet.Till.Post($"/fleet/v1/readers/{Device.ReaderId}/checkouts", Order(seconds));

        Assert.Equal("422 VALIDATION_ERROR", await answer.Refusal());
        Assert.Equal(HttpStatusCode.BadRequest, rpc.StatusCode);
    }

    private static object Order(int seconds) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, deadline_seconds = seconds,
    };

    private async Task<Guid> Charge(int seconds)
    {
        var id = await fleet.Till.Charge(Device.ReaderId, Order(seconds));
        await Device.Expect<ShowCheckout>();
        return id;
    }

    /// <summary>Time goes on second by second, so that everything that is due has been done.</summary>
    private async Task Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            fleet.Pass(1);
            await fleet.Till.HowIs(Device.ReaderId);
        }
    }

    /// <summary>Waits until the device is asked to end the checkout, while time goes on.</summary>
    private async Task AskedAt(Guid id, int withinSeconds)
    {
        for (var i = 0; i < withinSeconds && !Device.HasNews; i++) await Pass(1);
        Assert.Equal(id, (await Device.Expect<Terminate>()).CheckoutId);
    }
}

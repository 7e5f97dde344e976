using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Ending a checkout, and the races of that with everything else.</summary>
public sealed class TerminateTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public async Task A_checkout_that_has_not_started_is_cancelled_at_once()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);

        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));

        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal(checkout, (await device.Expect<Terminate>()).CheckoutId);
        Assert.False(await device.AskStart(checkout));
    }

    [Fact]
    public async Task A_started_checkout_is_ended_by_its_device()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal(checkout, (await device.Expect<Terminate>()).CheckoutId);

        await device.Report(new Terminated(device.Epoch, checkout));

        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_device_that_was_too_late_to_terminate_reports_the_charge()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await Terminate(device.ReaderId);
        await device.Send(new TooLate(device.Epoch, checkout));
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));

        await device.Approve(checkout);

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_second_terminate_changes_nothing()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);

        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        await device.Report(new Terminated(device.Epoch, checkout));
        await device.Report(new Terminated(device.Epoch, checkout));

        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_late_terminated_of_one_checkout_leaves_the_next_alone()
    {
        await using var device = await fleet.PairedDevice();
        var first = await fleet.Till.Charge(device.ReaderId);
        await Terminate(device.ReaderId);
        var second = await fleet.Till.Charge(device.ReaderId);

        await device.Report(new Terminated(device.Epoch, first));

        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, second));
        Assert.True(await device.AskStart(second));
    }

    [Fact]
    public async Task A_terminate_that_names_another_checkout_is_refused()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);

        using var refused = await fleet.Till.Post(
            $"readers/{device.ReaderId}/terminate", new { expected_checkout_id = Guid.NewGuid() });

        Assert.Equal("422 CHECKOUT_NOT_OPEN", await refused.Refusal());
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_checkout_on_a_dead_device_is_cancelled_at_once_and_the_device_learns_it()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        await GoOffline(device);

        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId, checkout)); // the answer was lost
        using var idle = await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        Assert.Equal("422 READER_OFFLINE", await idle.Refusal());

        await using var again = await device.ConnectAgain();
        Assert.Null((await again.Resume()).Checkout);
        Assert.False(await again.AskStart(checkout));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_silent_device_that_still_counts_as_connected_gives_its_reader_back()
    {
        await using var device = await fleet.PairedDevice();
        device.AnswersPings = false;
        var checkout = await fleet.Till.Charge(device.ReaderId);

        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_started_checkout_on_a_lost_device_is_asked_to_end_and_seen_to_be_asked()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        Assert.False(await IsAsked(device.ReaderId, checkout));
        await GoOffline(device);

        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId, checkout));
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.True(await IsAsked(device.ReaderId, checkout));
        using var caller = new RpcCaller(fleet);
        var told = await caller.Checkouts.GetAsync(
            new() { CheckoutId = $"{checkout}" }, caller.Headers,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("\"terminate_requested\": true", $"{told}", StringComparison.Ordinal);

        await using var again = await device.ConnectAgain();
        Assert.True((await again.Resume()).Checkout?.Terminate);
        await again.Report(new Terminated(again.Epoch, checkout));
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.False(await IsAsked(device.ReaderId, checkout));
    }

    [Fact]
    public async Task A_lost_device_that_was_asked_to_end_may_still_have_charged()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        await GoOffline(device);
        await Terminate(device.ReaderId);

        await using var again = await device.ConnectAgain();
        await again.Resume();
        await again.Approve(checkout);

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    [Fact]
    public async Task An_idle_reader_takes_a_terminate_without_effect()
    {
        await using var device = await fleet.PairedDevice();
        Assert.Equal(HttpStatusCode.Accepted, await Terminate(device.ReaderId));
    }

    [Fact]
    public async Task A_terminate_against_a_start_has_one_winner()
    {
        await using var device = await fleet.PairedDevice();
        for (var round = 0; round < 50; round++)
        {
            var checkout = await fleet.Till.Charge(device.ReaderId);
            var terminating = Terminate(device.ReaderId);
            var granted = await device.AskStart(checkout);
            await terminating;

            Assert.Equal(granted ? "pending" : "cancelled/terminated",
                await fleet.Till.Outcome(device.ReaderId, checkout));
            if (granted) await device.Report(new Terminated(device.Epoch, checkout));
        }
    }

    [Fact]
    public async Task A_terminate_against_a_result_leaves_the_result_standing()
    {
        await using var device = await fleet.PairedDevice();
        for (var round = 0; round < 50; round++)
        {
            var checkout = await Started(device);
            var terminating = Terminate(device.ReaderId);
            await device.Approve(checkout);
            await terminating;

            Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
        }
    }

    [Fact]
    public async Task A_charge_under_way_when_its_reader_is_deleted_still_counts()
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await Started(device);
        using var deleted = await fleet.Till.Delete($"readers/{device.ReaderId}");
        await device.Expect<Unpaired>();

        await device.Approve(checkout);

        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, checkout));
    }

    private async Task<Guid> Started(TestDevice device)
    {
        var checkout = await fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private async Task GoOffline(TestDevice device)
    {
        await device.HangUp();
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
    }

    /// <summary>Whether Get checkout says that its device was asked to end it and has not answered.</summary>
    private async Task<bool> IsAsked(string readerId, Guid checkout) =>
        (await fleet.Till.Checkout(readerId, checkout)).TryGetProperty("terminate_requested", out var asked)
            && asked.GetBoolean();

    private async Task<HttpStatusCode> Terminate(string readerId, Guid? expected = null)
    {
        using var answer = await fleet.Till.Post(
            $"readers/{readerId}/terminate", new { expected_checkout_id = expected });
        Assert.True(answer.StatusCode is not HttpStatusCode.Accepted
            || await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken) is "{}");
        return answer.StatusCode;
    }
}

using System.Net;
using Fleet.Protocol;
using Grpc.Core;

namespace Fleet.Server.Tests;

/// <summary>Every start that was not accepted is counted once, whatever stopped it and however it came.</summary>
public sealed class StartCountTests : IAsyncLifetime
{
    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not there yet.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _fleet = await FleetApp.Start();

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    [Fact]
    public async Task A_start_whose_key_cannot_be_looked_up_is_counted_as_unknown()
    {
        await using var device = await Fleet.PairedDevice();
        var made = await Fleet.HeadOffice().MakeKey(
            new { name = "Till", merchant_code = FleetApp.Merchant, scopes = new[] { "checkouts.write" } });
        var till = Fleet.TillOf(FleetApp.Merchant, made.Key);
        using var caller = new RpcCaller(Fleet, made.Key);
        await Fleet.Sql("ALTER TABLE api_key RENAME TO api_key_away");
        Fleet.Pass(10); // what the node remembers of the key is too old then

        using (var answer = await till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(1, await Counted("UNKNOWN"));
        using (var answer = await till.Post(GoPath(device), GoOrder()))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(2, await Counted("UNKNOWN"));
        Assert.Equal(StatusCode.Unavailable, await Told(() => caller.Start(device)));
        Assert.Equal(3, await Counted("UNKNOWN"));
        Assert.Equal(StatusCode.Unavailable, await Told(() => Many(caller, device)));
        Assert.Equal(4, await Counted("UNKNOWN"));
        await Fleet.Sql("ALTER TABLE api_key_away RENAME TO api_key");
    }

    [Fact]
    public async Task A_refused_start_counts_once_over_every_protocol()
    {
        await using var device = await Fleet.PairedDevice();
        await Fleet.Till.Charge(device.ReaderId);
        using var caller = new RpcCaller(Fleet);

        using (await Fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee)) { }
        Assert.Equal(1, await Counted("READER_BUSY"));
        using (await Fleet.Till.Post(GoPath(device), GoOrder())) { }
        Assert.Equal(2, await Counted("READER_BUSY"));
        Assert.Equal(StatusCode.FailedPrecondition, await Told(() => caller.Start(device)));
        Assert.Equal(3, await Counted("READER_BUSY"));
        Assert.Null(await Told(() => Many(caller, device)));
        Assert.Equal(4, await Counted("READER_BUSY"));
        Assert.Equal(0, await Counted("UNKNOWN"));
    }

    [Fact]
    public async Task What_is_wrong_before_a_reader_is_asked_is_counted_by_its_word()
    {
        await using var device = await Fleet.PairedDevice();
        var path = $"readers/{device.ReaderId}/checkout";

        using (await Fleet.Till.Post(path, new { })) { }
        using (await Fleet.TillOf(FleetApp.Merchant, "wrong").Post(path, Checkouts.Coffee)) { }
        using (await Fleet.Till.Post("readers/rdr_0000000000000000000000000/checkout", Checkouts.Coffee)) { }
        using (await Fleet.Till.Send(HttpMethod.Post, path, new StringContent("coffee"))) { }

        Assert.Equal((1d, 1d, 1d, 1d), (await Counted("VALIDATION_ERROR"), await Counted("INVALID_ACCESS_TOKEN"),
            await Counted("NOT_FOUND"), await Counted("UNSUPPORTED_MEDIA_TYPE")));
    }

    [Fact]
    public async Task A_payment_that_was_accepted_and_declined_is_no_refused_start()
    {
        await using var device = await Fleet.PairedDevice();
        var asked = Fleet.Till.Post(GoPath(device), GoOrder());
        var id = (await device.Expect<ShowCheckout>()).Checkout.CheckoutId;
        await device.AskStart(id);
        await device.Report(new Result(device.Epoch, id, "failed", "declined", 0));
        using (var answer = await asked) Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);

        Assert.Equal(0, (await Metrics.Of(Fleet))["fleet_checkout_refused_total"]);
    }

    private async Task<double?> Counted(string code) =>
        (await Metrics.Of(Fleet))["fleet_checkout_refused_total", ("code", code)];

    private static string GoPath(TestDevice device) =>
        $"/v0/merchants/{FleetApp.Merchant}/readers/{device.ReaderId}/go-checkout";

    private static object GoOrder() => new
    {
        client_transaction_id = $"{Guid.NewGuid()}",
        total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
    };

    /// <summary>The status that a call was refused with; null when it was not.</summary>
    private static async Task<StatusCode?> Told(Func<Task> call) =>
        await Record.ExceptionAsync(call) is RpcException refused ? refused.StatusCode : null;

    private static async Task Many(RpcCaller caller, TestDevice device)
    {
        using var stream = caller.Checkouts.StartMany(caller.Headers, cancellationToken: Cancel);
        try
        {
            await stream.RequestStream.WriteAsync(new()
            {
                Item = "1",
                Start = new()
                {
                    ReaderId = device.ReaderId, TotalAmount = new() { Value = 1500, Currency = "EUR", MinorUnit = 2 },
                },
            }, Cancel);
            await stream.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // The call was refused before this was sent; the answer says why.
        }
        await foreach (var _ in stream.ResponseStream.ReadAllAsync(Cancel)) { }
    }
}

using Fleet.Protocol;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>
/// What an integrator's foreign_transaction_id names is charged once, however often it is requested and on any reader.
/// </summary>
public sealed class SaleTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public async Task A_sale_that_was_paid_is_refused_and_its_checkout_named()
    {
        await using var device = await fleet.PairedDevice();
        var sale = Sale();
        var paid = await fleet.Till.Charge(device.ReaderId, sale);
        await device.Pay();

        using var again = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await again.Refusal());
        var errors = (await again.Json()).GetProperty("errors");
        Assert.Equal($"{paid} successful", $"{errors.Text("checkout_id")} {errors.Text("checkout_state")}");
        Assert.False(errors.TryGetProperty("busy_until", out _));
        Assert.True((await Metrics.Of(fleet))["fleet_checkout_refused_total", ("code", "DUPLICATE_TRANSACTION")] > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repeat_while_the_checkout_is_open_is_the_same_201(bool started)
    {
        await using var device = await fleet.PairedDevice();
        var sale = Sale();
        var first = await fleet.Till.Charge(device.ReaderId, sale);
        if (started) Assert.True(await device.AskStart(first));

        Assert.Equal(first, await fleet.Till.Charge(device.ReaderId, sale));
        if (!started) Assert.True(await device.AskStart(first));
        await device.Approve(first);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(device, sale));
    }

    /// <summary>The terms are compared with those of the ledger, which have been text in between.</summary>
    [Fact]
    public async Task A_repeat_is_known_by_its_terms_whatever_the_reader_remembers()
    {
        await using var device = await fleet.PairedDevice();
        var sale = new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, description = "Cake",
            card_type = "debit",
            installments = 2, tip_rates = new[] { 0.1, 0.15 }, tip_timeout = 60,
            return_url = "https://example.com/paid",
            affiliate =
                new
                {
                    app_id = "app", key = "key", foreign_transaction_id = $"{Guid.NewGuid()}",
                    tags = new { till = 7 }
                },
        };
        var first = await fleet.Till.Charge(device.ReaderId, sale);
        await fleet.Forget(device.ReaderId);

        Assert.Equal(first, await fleet.Till.Charge(device.ReaderId, sale));
        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(device, sale with { tip_rates = [0.1, 0.16] }));
    }

    [Fact]
    public async Task A_repeat_on_a_reader_that_lost_its_connection_is_the_same_201()
    {
        await using var device = await fleet.PairedDevice();
        var sale = Sale();
        var first = await fleet.Till.Charge(device.ReaderId, sale);
        await device.HangUp();
        await Eventually.Equal(false, async () =>
            (await (await fleet.Till.Get($"readers/{device.ReaderId}/status")).Json()).GetProperty("data")
                .Text("status") is "ONLINE");

        Assert.Equal(first, await fleet.Till.Charge(device.ReaderId, sale));
    }

    [Fact]
    public async Task Other_terms_or_another_reader_are_refused_while_the_checkout_is_open()
    {
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        await fleet.Till.Charge(device.ReaderId, Sale("open"));

        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(device, Sale("open", value: 1501)));
        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(other, Sale("open")));
        Assert.Equal("422 READER_BUSY", await Start(device, Sale("another")));
        await fleet.Till.Charge(other.ReaderId, Sale("another"));
    }

    [Fact]
    public async Task A_busy_or_offline_reader_says_first_that_the_sale_was_paid()
    {
        await using var device = await fleet.PairedDevice();
        await fleet.Till.Charge(device.ReaderId, Sale("paid"));
        await device.Pay();
        await fleet.Till.Charge(device.ReaderId);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(device, Sale("paid")));
        await device.HangUp();
        await Eventually.Equal("422 DUPLICATE_TRANSACTION", () => Start(device, Sale("paid")));
    }

    [Fact]
    public async Task After_a_payment_that_failed_or_was_cancelled_the_sale_may_be_tried_again()
    {
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        var sale = Sale();
        await Decline(device, sale);
        await fleet.Till.Charge(other.ReaderId, sale);
        using (await fleet.Till.Post($"readers/{other.ReaderId}/terminate", new { })) { }
        var paid = await fleet.Till.Charge(device.ReaderId, sale);
        await device.Pay();

        Assert.Equal("422 DUPLICATE_TRANSACTION", await Start(other, sale));
        using var found = await fleet.Till.Get(
            $"/v2.1/merchants/{FleetApp.Merchant}/transactions?foreign_transaction_id={ForeignId(sale)}");
        Assert.Equal("SUCCESSFUL", (await found.Json()).Text("status"));
        Assert.Equal("successful", await fleet.Till.Outcome(device.ReaderId, paid));
    }

    [Fact]
    public async Task A_look_up_finds_the_checkout_that_is_open_before_one_that_was_declined_and_then_the_last_one()
    {
        await using var device = await fleet.PairedDevice();
        var sale = Sale();
        await Decline(device, sale);
        fleet.Pass(1); // ids are in the order of their times
        var second = await fleet.Till.Charge(device.ReaderId, sale);
        Assert.Equal($"{second} PENDING", await Find(sale));
        using (await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { })) { }
        Assert.Equal($"{second} CANCELLED", await Find(sale));
        fleet.Pass(1);
        Assert.Equal($"{await Decline(device, sale)} FAILED", await Find(sale));
    }

    [Fact]
    public async Task A_window_that_is_over_frees_the_sale_for_another_reader()
    {
        await using var fleet = await FleetApp.Start();
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        await fleet.Till.Charge(device.ReaderId, Sale("late"));
        fleet.Pass(60);
        await fleet.Till.Charge(other.ReaderId, Sale("late"));
    }

    [Fact]
    public async Task An_idempotency_key_goes_before_the_sale()
    {
        await using var device = await fleet.PairedDevice();
        var (path, sale) = ($"readers/{device.ReaderId}/checkout", Sale());
        using var first = await fleet.Till.Post(path, sale, ("Idempotency-Key", "key-of-a-sale"));
        await device.Pay();

        using var same = await fleet.Till.Post(path, sale, ("Idempotency-Key", "key-of-a-sale"));
        using var another = await fleet.Till.Post(path, sale, ("Idempotency-Key", "another-key-of-it"));
        Assert.Equal($"{await first.Json()}", $"{await same.Json()}");
        Assert.Equal("422 DUPLICATE_TRANSACTION", await another.Refusal());
    }

    [Fact]
    public async Task Another_key_while_the_checkout_is_open_gets_the_same_201()
    {
        await using var device = await fleet.PairedDevice();
        var (path, sale) = ($"readers/{device.ReaderId}/checkout", Sale());
        using var first = await fleet.Till.Post(path, sale, ("Idempotency-Key", $"{Guid.NewGuid()}"));
        using var second = await fleet.Till.Post(path, sale, ("Idempotency-Key", $"{Guid.NewGuid()}"));
        Assert.Equal($"{await first.Json()}", $"{await second.Json()}");
    }

    [Fact]
    public async Task A_key_of_a_store_is_refused_for_a_sale_of_another_store_and_not_told_of_its_checkout()
    {
        using var caller = new RpcCaller(fleet);
        var store = await caller.Store("one-of-two");
        await using var here = await caller.Paired(store);
        await using var elsewhere = await fleet.PairedDevice();
        var key = await fleet.Till.MakeKey(new { name = "store", scopes = new[] { "checkouts.write" }, store });
        var sale = Sale();
        await fleet.Till.Charge(elsewhere.ReaderId, sale);

        using var refused = await fleet.TillOf(FleetApp.Merchant, key.Key)
            .Post($"readers/{here.ReaderId}/checkout", sale);
        Assert.Equal("422 DUPLICATE_TRANSACTION", await refused.Refusal());
        Assert.False((await refused.Json()).GetProperty("errors").TryGetProperty("checkout_id", out _));
    }

    [Fact]
    public async Task Sales_of_two_merchants_never_meet()
    {
        var theirs = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice(till: theirs);
        var sale = Sale();
        await fleet.Till.Charge(device.ReaderId, sale);
        await theirs.Charge(other.ReaderId, sale);
    }

    [Fact]
    public async Task A_merchant_may_allow_several_payments_of_one_sale()
    {
        await using var fleet = await FleetApp.Start(
            null, "--Fleet:Merchants:0:AllowRepeatedForeignTransactionIds=true");
        await using var device = await fleet.PairedDevice();
        for (var guest = 0; guest < 2; guest++)
        {
            await fleet.Till.Charge(device.ReaderId, Sale("table-4"));
            await device.Pay();
        }
    }

    [Fact]
    public async Task Whoever_takes_any_free_reader_is_told_of_the_sale_too_and_leaves_no_reader_held()
    {
        using var caller = new RpcCaller(fleet);
        var store = await caller.Store("sales");
        await using var device = await caller.Paired(store);
        await using var other = await caller.Paired(store);
        var ask =
            new Proto.StartRequest
            {
                Route = new() { Store = store }, TotalAmount = Amount(),
                Affiliate = Affiliate("routed")
            };
        var first = await caller.Checkouts.StartAsync(
            ask, caller.Headers, cancellationToken: TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await caller.Checkouts.StartAsync(
                ask, caller.Headers, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        var info = refused.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>();
        Assert.Equal($"DUPLICATE_TRANSACTION {first.CheckoutId} accepted",
            $"{info?.Reason} {info?.Metadata["checkout_id"]} {info?.Metadata["checkout_state"]}");
        ask.Affiliate = Affiliate("routed-2");
        await caller.Checkouts.StartAsync(
            ask, caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task A_repeat_waits_for_no_reader(int queueFor)
    {
        using var caller = new RpcCaller(fleet);
        var store = await caller.Store($"queue-{queueFor}");
        await using var device = await caller.Paired(store);
        var ask =
            new Proto.StartRequest
            {
                Route = new() { Store = store }, TotalAmount = Amount(),
                Affiliate = Affiliate(store)
            };
        await caller.Checkouts.StartAsync(
            ask, caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        await Eventually.Equal(Proto.Presence.Busy, () => caller.Presence(store, device));

        ask.Route.QueueFor = queueFor;
        var again = caller.Checkouts.StartAsync(
            ask, caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("DUPLICATE_TRANSACTION", await again.Refused());
        await Eventually.Equal(0, () => caller.Waiting(store));
    }

    [Fact]
    public async Task One_of_many_items_is_refused_alone()
    {
        using var caller = new RpcCaller(fleet);
        await using var device = await fleet.PairedDevice();
        await using var other = await fleet.PairedDevice();
        var sale = $"{Guid.NewGuid()}";
        var first = await fleet.Till.Charge(device.ReaderId, Sale(sale));
        using var call = caller.Checkouts.StartMany(
            caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new()
        {
            Item = "1",
            Start = new() { ReaderId = other.ReaderId, TotalAmount = Amount(), Affiliate = Affiliate(sale) },
        }, TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        var refused = call.ResponseStream.Current.Refused;
        Assert.Equal(("DUPLICATE_TRANSACTION", $"{first}"), (refused.Reason, refused.CheckoutId));
    }

    private async Task<Guid> Decline(TestDevice device, object sale)
    {
        var declined = await fleet.Till.Charge(device.ReaderId, sale);
        Assert.True(await device.AskStart(declined));
        await device.Report(new Result(device.Epoch, declined, Outcomes.Failed, Reasons.Declined));
        return declined;
    }

    /// <summary>What clients of the older path find by the id of a sale: the checkout, and how it is.</summary>
    private async Task<string> Find(object sale)
    {
        using var found = await fleet.Till.Get($"/v0.1/me/transactions?foreign_transaction_id={ForeignId(sale)}");
        var transaction = await found.Json();
        return $"{transaction.Text("id")} {transaction.Text("status")}";
    }

    private static Proto.Money Amount() => new() { Currency = "EUR", MinorUnit = 2, Value = 1500 };

    private static Proto.Affiliate Affiliate(string id) =>
        new() { AppId = "app", Key = "key", ForeignTransactionId = id };

    private static string ForeignId(object sale) =>
        System.Text.Json.JsonSerializer.SerializeToElement(sale).GetProperty("affiliate")
            .Text("foreign_transaction_id");

    internal static object Sale(string? id = null, long value = 1500) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value },
        affiliate = new { app_id = "app", key = "key", foreign_transaction_id = id ?? $"{Guid.NewGuid()}" },
    };

    private async Task<string> Start(TestDevice device, object sale)
    {
        using var answer = await fleet.Till.Post($"readers/{device.ReaderId}/checkout", sale);
        return await answer.Refusal();
    }
}

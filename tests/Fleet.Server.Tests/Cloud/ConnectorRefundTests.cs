using System.Net;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>Refunds of real payments, with a second node that plays SumUp's cloud.</summary>
public sealed class ConnectorRefundTests(Connector world) : IClassFixture<Connector>
{
    [Fact]
    public async Task A_part_and_then_the_rest_are_given_back_on_both_sides()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await Pay(device, reader);
        Assert.Equal("201", await Refund(world.Till, id, 4.50));
        Assert.Equal(("REFUNDED 4.50", "REFUNDED 4.50"), await BothSides(id));
        Assert.Equal("201", await Refund(world.Till, id, null));
        Assert.Equal(("REFUNDED 15.00", "REFUNDED 15.00"), await BothSides(id));
        Assert.Equal("409 NOT_REFUNDABLE", await Refund(world.Till, id, null));
    }

    [Fact]
    public async Task What_was_given_back_at_the_cloud_is_not_given_back_again()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await Pay(device, reader);
        using var told = await world.CloudTill.Get(CloudPath(id));
        Assert.Equal("201", await Refund(world.CloudTill, (await told.Json()).GetProperty("id").GetGuid(), 10));
        Assert.Equal("422 INVALID_AMOUNT", await Refund(world.Till, id, 5.01));
        Assert.Equal("201", await Refund(world.Till, id, null));
        Assert.Equal(("REFUNDED 5.00", "REFUNDED 15.00"), await BothSides(id));
    }

    [Fact]
    public async Task A_payment_that_failed_has_nothing_to_give_back()
    {
        var (device, reader) = await world.PairedDevice();
        await using var _ = device;
        var id = await world.Till.Charge(reader, Connector.Coffee());
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Report(new Result(device.Epoch, shown.CheckoutId, Outcomes.Failed, "declined"));
        await world.BecomesOf(reader, id, "failed/declined");
        Assert.Equal("409 NOT_REFUNDABLE", await Refund(world.Till, id, 1));
    }

    private async Task<Guid> Pay(TestDevice device, string reader)
    {
        var id = await world.Till.Charge(reader, Connector.Coffee());
        var shown = (await device.Expect<ShowCheckout>()).Checkout;
        Assert.True(await device.AskStart(shown.CheckoutId));
        await device.Approve(shown.CheckoutId);
        await world.BecomesOf(reader, id, "successful");
        return id;
    }

    private static string CloudPath(Guid id) =>
        $"/v2.1/merchants/{FleetApp.LiveMerchant}/transactions?foreign_transaction_id=fleet-{id:N}";

    private static async Task<string> Refund(Till till, Guid id, double? amount)
    {
        var path = $"/v1.0/merchants/{FleetApp.LiveMerchant}/payments/{id}/refunds";
        using var answer = await till.Post(path, amount is null ? new { } : new { amount });
        if (answer.StatusCode is HttpStatusCode.Created) return "201";
        return $"{(int)answer.StatusCode} {(await answer.Json()).GetProperty("error_code").GetString()}";
    }

    private async Task<(string Ours, string Theirs)> BothSides(Guid id) => (
        await Refunded(world.Till, $"/v2.1/merchants/{FleetApp.LiveMerchant}/transactions?id={id}"),
        await Refunded(world.CloudTill, CloudPath(id)));

    private static async Task<string> Refunded(Till till, string path)
    {
        using var answer = await till.Get(path);
        var body = await answer.Json();
        var sum = body.GetProperty("transaction_events").EnumerateArray()
            .Sum(one => one.GetProperty("amount").GetDecimal());
        return FormattableString.Invariant($"{body.GetProperty("status").GetString()} {sum:0.00}");
    }
}

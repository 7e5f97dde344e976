using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>A refund whose answer never reaches the till, which then asks again.</summary>
public sealed class LostRefundTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Part = """{"amount":5}""";

    [Fact]
    public async Task A_refund_whose_answer_is_lost_is_made_once_when_the_till_asks_again_with_its_key()
    {
        await using var device = await fleet.PairedDevice();
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        var path = $"/v1.0/merchants/{FleetApp.Merchant}/payments/{id}/refunds";

        await RawHttp.LeaveUnanswered(fleet.Address, $"POST {path}", Part,
            () => Eventually.Equal(1, async () => (await Refunds(id)).Length),
            $"Authorization: Bearer {FleetApp.Key}", "Idempotency-Key: refund-1");
        using var again = await fleet.Till.Send(
            HttpMethod.Post, path, Lane.Json(Part), ("Idempotency-Key", "refund-1"));

        Assert.Equal(201, (int)again.StatusCode);
        Assert.Equal(5m, Assert.Single(await Refunds(id)).GetProperty("amount").GetDecimal());
    }

    private async Task<JsonElement[]> Refunds(Guid id)
    {
        using var answer = await fleet.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={id}");
        return [.. (await answer.Json()).GetProperty("transaction_events").EnumerateArray()];
    }
}

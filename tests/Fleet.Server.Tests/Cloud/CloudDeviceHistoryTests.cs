using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>The history of a device that is connected to SumUp's cloud, by its identifier there.</summary>
public sealed class CloudDeviceHistoryTests(Connector world) : IClassFixture<Connector>
{
    [Fact]
    public async Task A_reader_of_the_cloud_has_its_pairings_and_payments_in_the_history_of_its_device()
    {
        var (device, reader) = await world.PairedDevice();
        await using var its = device;
        var id = await world.Till.Charge(reader, Connector.Coffee());
        await device.Pay();
        await world.BecomesOf(reader, id, "successful");
        using var shown = await world.Till.Get($"readers/{reader}");
        var serial = (await shown.Json()).GetProperty("device").Text("identifier");

        var pairing = Assert.Single(await Pairings(serial));
        Assert.Equal((reader, "default", 1),
            (pairing.Text("reader_id"), pairing.Text("store"), pairing.GetProperty("payments").GetInt32()));
        await Eventually.Equal(200, () => Delete(reader), () => world.Fleet.Pass(1)); // SumUp first ends the payment
        Assert.True(Assert.Single(await Pairings(serial)).TryGetProperty("to", out _));
    }

    private async Task<int> Delete(string reader)
    {
        using var answer = await world.Till.Delete($"readers/{reader}");
        return (int)answer.StatusCode;
    }

    private async Task<IEnumerable<JsonElement>> Pairings(string serial)
    {
        using var answer = await world.Till.Get($"/fleet/v1/devices/{serial}");
        return (await answer.Json()).GetProperty("pairings").EnumerateArray().ToList();
    }
}

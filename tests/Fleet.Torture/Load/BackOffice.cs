using System.Net;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>What a chain's office does beside the payments, each step at another node.</summary>
internal sealed class BackOffice(Cluster cluster, int readers)
{
    private const string Store = "back-office";

    private int _devices;

    public async Task OpenStore()
    {
        using var answer = await cluster.Nodes[0].Till.Post("/fleet/v1/stores", new { store = Store });
        Assert.True(answer.IsSuccessStatusCode, $"The store was not made: {answer.StatusCode}.");
    }

    /// <summary>Pairs a device at each node, moves it, counts it and deletes it.</summary>
    public async Task VisitAll()
    {
        for (var i = 0; i < cluster.Nodes.Count; i++)
            await Visit(cluster.Nodes[i], cluster.Nodes[(i + 1) % 3], cluster.Nodes[(i + 2) % 3]);
    }

    private async Task Visit(ServerProcess first, ServerProcess second, ServerProcess third)
    {
        await using var device = await TestDevice.Connect(first.LinkAddress, $"OFFICE-{++_devices}");
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        await Expect(HttpStatusCode.Created, second.Till.Post("readers", new { pairing_code = code, name = "Office" }));
        await device.ConfirmPairing();
        await Expect(HttpStatusCode.OK,
            third.Till.Post($"/fleet/v1/readers/{device.ReaderId}/move", new { store = Store }));
        foreach (var node in cluster.Nodes)
        {
            await node.Till.Becomes(device.ReaderId, "ONLINE");
            await Eventually.Equal($"{readers + 1} readers, 0 failed, 3 active", () => Count(node));
            await Eventually.Equal(true, () => BoardShows(node, device.ReaderId));
        }
        await Expect(HttpStatusCode.OK, second.Till.Delete($"readers/{device.ReaderId}"));
        await device.Expect<Unpaired>();
        foreach (var node in cluster.Nodes)
            await Eventually.Equal($"{readers} readers, 0 failed, 3 active", () => Count(node));
    }

    private static async Task<string> Count(ServerProcess node)
    {
        using var answer = await node.Till.Get("/fleet/v1/status?by_store=true");
        if (!answer.IsSuccessStatusCode) return $"{answer.StatusCode}";
        var status = await answer.Json();
        var failed = status.TryGetProperty("failed", out var number) ? number.GetInt32() : 0;
        var active = status.GetProperty("nodes").EnumerateArray()
            .Count(one => one.GetProperty("state").GetString() is "active");
        return $"{status.GetProperty("readers").GetProperty("total").GetInt32()} readers, {failed} failed, "
            + $"{active} active";
    }

    private static async Task<bool> BoardShows(ServerProcess node, string reader)
    {
        using var answer = await node.Till.Get($"/fleet/v1/stores/{Store}/board");
        return answer.IsSuccessStatusCode && $"{await answer.Json()}".Contains(reader, StringComparison.Ordinal);
    }

    private static async Task Expect(HttpStatusCode status, Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.Equal(status, answer.StatusCode);
    }
}

using System.Net;
using Fleet.Protocol;

namespace Fleet.Torture.Processes;

internal static class Pairing
{
    /// <summary>A device that does what the test says, connected to this node and paired.</summary>
    public static async Task<TestDevice> Paired(this ServerProcess server, string serial = "TEST-1")
    {
        var device = await TestDevice.Connect(server.LinkAddress, serial);
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        using var answer = await server.Till.Post("readers", new { pairing_code = code.Code, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ConfirmPairing();
        return device;
    }
}

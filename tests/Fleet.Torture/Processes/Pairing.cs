using System.Net;
using Fleet.Protocol;

namespace Fleet.Torture.Processes;

internal static class Pairing
{
    /// <summary>
    /// A device that does what the test says, connected to this node and paired, by another till than the node's own if
    /// one is given.
    /// </summary>
    public static async Task<TestDevice> Paired(
        this ServerProcess server, string serial = "TEST-1", Till? till = null)
    {
        var device = await TestDevice.Connect(server.LinkAddress, serial);
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        using var answer = await (till ?? server.Till).Post("readers", new { pairing_code = code.Code, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ConfirmPairing();
        return device;
    }
}

using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Grpc.Core;

namespace Fleet.Server.Console.Readers;

/// <summary>The payment that a person asked to end on a page, which is named in the address of the page.</summary>
internal static class EndedPayment
{
    /// <summary>How it is now; null when none is named, or none that the viewer may see.</summary>
    public static async Task<Checkout?> Read(PageRequest page)
    {
        if (page.Query("ended") is not { Length: > 0 } id || !page.Can(Scopes.CheckoutsRead)) return null;
        try
        {
            return await page.Api.Call(page.Api.Of<CheckoutsRpc>().Get, new GetRequest { CheckoutId = id });
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            return null;
        }
    }
}

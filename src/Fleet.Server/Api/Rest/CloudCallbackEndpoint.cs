using Fleet.Server.Cloud;
using Fleet.Server.Grains;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Takes the calls with which SumUp's cloud reports outcomes. The address is the only proof that is needed, because
/// nothing that the call says is believed: it makes Fleet read the checkout now.
/// </summary>
internal static class CloudCallbackEndpoint
{
    public static void MapCloudCallbacks(this IEndpointRouteBuilder api) =>
        api.MapPost(CallbackAddresses.Path + "/{token}", TakeCallback).ExcludeFromDescription();

    private static Results<Ok, Problem> TakeCallback(string token, CallbackAddresses addresses, IGrainFactory grains)
    {
        if (addresses.ReadToken(token) is not var (readerId, checkoutId)) return Problem.NotFound;
        grains.GetGrain<ICloudLinkGrain>(readerId).NoteCallback(checkoutId).Ignore();
        return TypedResults.Ok();
    }
}

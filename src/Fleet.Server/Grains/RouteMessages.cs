using Fleet.Core;
using Fleet.Core.Stores;

namespace Fleet.Server.Grains;

/// <summary>A till's request for a reader.</summary>
/// <param name="CheckoutId">The id of the future checkout, made before the first request.</param>
/// <param name="Wish">What the reader must have.</param>
/// <param name="Since">When the till began to ask; the first one is served first.</param>
/// <param name="Until">How long it waits for a reader; null when it does not wait.</param>
/// <param name="Refused">The reader that it was given before, which was not free after all.</param>
[GenerateSerializer, Immutable, Alias("fleet.route-ask")]
internal sealed record RouteRequest(
    [property: Id(0)] Guid CheckoutId, [property: Id(1)] RouteWish Wish, [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] DateTimeOffset? Until, [property: Id(4)] string? Refused = null);

/// <summary>
/// A reader, or why there is none. If it has neither, the till has a place in the queue and must ask again.
/// </summary>
[GenerateSerializer, Immutable, Alias("fleet.route-reply")]
internal sealed record RouteReply([property: Id(0)] ChosenReader? Chosen, [property: Id(1)] Refusal? Refusal = null)
{
    public static readonly RouteReply StillWaiting = new(null, null);

    public static RouteReply ForRefusal(Refusal refusal) => new(null, refusal);
}

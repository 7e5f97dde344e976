using Fleet.Core;
using Fleet.Core.Stores;

namespace Fleet.Server.Grains;

/// <summary>A till's question for a reader.</summary>
/// <param name="CheckoutId">The id of the checkout to be, made before the first question.</param>
/// <param name="Wish">What reader.</param>
/// <param name="Since">When the till began to ask; who asked first is served first.</param>
/// <param name="Until">How long it waits for one; null for not at all.</param>
/// <param name="Refused">The reader it was given before, which was not free after all.</param>
[GenerateSerializer, Immutable, Alias("fleet.route-ask")]
internal sealed record RouteRequest(
    [property: Id(0)] Guid CheckoutId, [property: Id(1)] RouteWish Wish, [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] DateTimeOffset? Until, [property: Id(4)] string? Refused = null);

/// <summary>
/// A reader, or why there is none. Neither means that the till has a place in the queue, and asks again.
/// </summary>
[GenerateSerializer, Immutable, Alias("fleet.route-reply")]
internal sealed record RouteReply([property: Id(0)] ChosenReader? Chosen, [property: Id(1)] Refusal? Refusal = null)
{
    public static readonly RouteReply StillWaiting = new(null, null);

    public static RouteReply ForRefusal(Refusal refusal) => new(null, refusal);
}

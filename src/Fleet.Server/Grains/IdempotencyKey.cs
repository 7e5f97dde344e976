using Fleet.Core.Checkouts;

namespace Fleet.Server.Grains;

/// <summary>A till's own name for a request, by which a repeat is recognised.</summary>
/// <param name="MerchantCode">Keys of different merchants are separate.</param>
/// <param name="Key">1 to 255 visible ASCII characters.</param>
/// <param name="Fingerprint">
/// SHA-256 of the reader and the checked request: the same key with another is refused.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.idempotency-key")]
internal sealed record IdempotencyKey(
    [property: Id(0)] string MerchantCode, [property: Id(1)] string Key, [property: Id(2)] string Fingerprint);

/// <summary>The request a key was used for.</summary>
internal sealed record KeyUse(string Fingerprint, Guid CheckoutId, Guid ClientTransactionId)
{
    public static KeyUse FromCheckout(string fingerprint, Checkout checkout) =>
        new(fingerprint, checkout.Id, checkout.ClientTransactionId);
}

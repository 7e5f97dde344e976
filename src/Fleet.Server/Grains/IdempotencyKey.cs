using System.Security.Cryptography;
using System.Text;
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
    [property: Id(0)] string MerchantCode, [property: Id(1)] string Key, [property: Id(2)] string Fingerprint)
{
    /// <summary>An id that is the same for each repeat of the request.</summary>
    public Guid ToId() =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{MerchantCode} {Key} {Fingerprint}")).AsSpan(0, 16));
}

/// <summary>The request a key was used for.</summary>
/// <param name="Fingerprint">The request.</param>
/// <param name="CheckoutId">Its checkout.</param>
/// <param name="ClientTransactionId">The id of the checkout's transaction.</param>
/// <param name="AwaitOn">As in <see cref="StartReply"/>.</param>
/// <param name="WasRefused">
/// Whether SumUp's cloud did not take the checkout. Then the key is free again, as after any other refusal.
/// </param>
internal sealed record KeyUse(
    string Fingerprint, Guid CheckoutId, Guid ClientTransactionId, string? AwaitOn = null, bool WasRefused = false)
{
    public static KeyUse FromCheckout(string fingerprint, Checkout checkout) => new(
        fingerprint, checkout.Id, checkout.ClientTransactionId, StartReply.FromCheckout(checkout).AwaitOn,
        checkout.Cloud is { Refused: not null });
}

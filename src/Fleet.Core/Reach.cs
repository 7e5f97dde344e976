using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core;

/// <summary>Which objects a caller's key can reach. For that caller all other objects do not exist.</summary>
/// <param name="MerchantCode">The merchant.</param>
/// <param name="Store">The only store; null for all of the merchant's.</param>
[GenerateSerializer, Immutable, Alias("fleet.reach")]
public sealed record Reach([property: Id(0)] string MerchantCode, [property: Id(1)] string? Store = null)
{
    /// <summary>The header in which a key of the whole chain names a merchant where the path does not.</summary>
    public const string MerchantHeader = "Fleet-Merchant";

    /// <summary>Whether the key reaches a reader.</summary>
    public bool CoversReader(ReaderProfile reader) => CoversStore(reader.MerchantCode, reader.Store);

    /// <summary>Whether the key reaches a checkout, by the store in which its reader was at acceptance.</summary>
    public bool CoversCheckout(Checkout checkout) => CoversStore(checkout.MerchantCode, checkout.Store);

    private bool CoversStore(string merchantCode, string store) =>
        merchantCode == MerchantCode && (Store is null || Store == store);
}

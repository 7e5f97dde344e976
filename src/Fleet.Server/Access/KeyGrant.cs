using Fleet.Core.Access;


namespace Fleet.Server.Access;

/// <summary>What a key that was recognised may do.</summary>
/// <param name="Id">The key's id in the audit and in logs; never the key itself.</param>
/// <param name="Name">The name that people gave it; may be empty.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="MerchantCode">The only merchant; null for all of the chain's.</param>
/// <param name="Store">The only store of that merchant; null for all of them.</param>
/// <param name="RequestsPerSecond">How often it may ask; null for as often as the node's setting says.</param>
internal sealed record KeyGrant(
    string Id, string Name, Scopes Scopes, string? MerchantCode, string? Store = null, int? RequestsPerSecond = null);

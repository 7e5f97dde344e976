namespace Fleet.Core.Access;

/// <summary>
/// The merchant for first tries. Its key and its secret are public, so the key is valid on the loopback addresses only.
/// </summary>
public static class SandboxMerchant
{
    /// <summary>Its code.</summary>
    public const string Code = "MC0X0ABC";

    /// <summary>Its API key.</summary>
    public const string Key = "sup_sk_sandbox";

    /// <summary>Its affiliate key.</summary>
    public const string AffiliateKey = "sup_afk_sandbox";

    /// <summary>What its webhooks are signed with.</summary>
    public const string WebhookSecret = "whsec_ZmxlZXQgc2FuZGJveCBpcyBubyBzZWNyZXQh";
}

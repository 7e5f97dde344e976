using Fleet.Core.Checkouts;
using Fleet.Core.Stores;

namespace Fleet.Core.Access;

/// <summary>A key that a caller requests.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="MerchantCode">The only merchant; empty for that of the key with which it is made.</param>
/// <param name="MerchantIsKnown">Whether this installation has that merchant.</param>
/// <param name="Store">The only store of that merchant; empty for all.</param>
/// <param name="Scopes">The words of its scopes.</param>
/// <param name="RequestsPerSecond">How many requests per second it may make; 0 for the node's setting.</param>
public sealed record KeyRequest(
    string Name, string MerchantCode, bool MerchantIsKnown, string Store, IReadOnlyList<string> Scopes,
    int RequestsPerSecond);

/// <summary>The rights of the key with which another key is made.</summary>
/// <param name="MerchantCode">The only merchant it reaches; null for all of the chain's.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="RequestsPerSecond">How many requests per second it may make; 0 for any number.</param>
public sealed record KeyRights(string? MerchantCode, Scopes Scopes, int RequestsPerSecond);

/// <summary>The rights and limits of a new key.</summary>
/// <param name="Name">Its name for people.</param>
/// <param name="MerchantCode">The only merchant; null for all of the chain's.</param>
/// <param name="Store">The only store of that merchant; null for all.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="RequestsPerSecond">How many requests per second it may make; null for the node's setting.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
public sealed record KeyTerms(
    string Name, string? MerchantCode, string? Store, Scopes Scopes, int? RequestsPerSecond,
    DateTimeOffset? ExpiresAt = null);

/// <summary>
/// The rules for a new key: it never has more rights than the key with which it is made. Otherwise a key with few
/// rights could make one with more.
/// </summary>
public static class KeyRules
{
    /// <summary>Longest name, in characters as a person sees them.</summary>
    public const int MaxName = 100;

    /// <summary>
    /// How long a key or a secret that was replaced stays valid: 24 hours unless said otherwise, 7 days at most.
    /// </summary>
    public const int DefaultOverlapSeconds = 24 * 60 * 60, MaxOverlapSeconds = 7 * DefaultOverlapSeconds;

    /// <summary>The terms of the requested key; errors are added to the check.</summary>
    public static KeyTerms CheckKey(this FieldCheck fields, KeyRequest ask, KeyRights own)
    {
        var merchant = fields.CheckMerchant(ask, own);
        return new(
            fields.RequireName("name", ask.Name, MaxName),
            merchant,
            fields.CheckStoreOf(merchant, ask.Store),
            fields.CheckScopes(ask.Scopes, own.Scopes),
            fields.CheckRate(ask.RequestsPerSecond, own.RequestsPerSecond));
    }

    /// <summary>May a key be replaced by a new one? Null when it may, and else why not.</summary>
    /// <param name="isGood">Whether it is valid now.</param>
    /// <param name="replacedBy">The key that replaces it already; null for none.</param>
    public static Refusal? ReplaceKey(bool isGood, Guid? replacedBy) =>
        isGood && replacedBy is null ? null : Refusal.KeyNotActive;

    /// <summary>When the key ends, if it does.</summary>
    public static DateTimeOffset? CheckExpiry(this FieldCheck fields, DateTimeOffset? expires, DateTimeOffset now)
    {
        if (expires <= now) fields.AddError("expires_at", "must be in the future");
        return expires;
    }

    /// <summary>How long what is replaced stays valid; null for the default.</summary>
    public static TimeSpan CheckOverlap(this FieldCheck fields, int? seconds)
    {
        if (seconds is < 0 or > MaxOverlapSeconds)
            fields.AddError("overlap_seconds", $"must be from 0 to {MaxOverlapSeconds}");
        return TimeSpan.FromSeconds(seconds ?? DefaultOverlapSeconds);
    }

    /// <summary>A caller that replaces a key receives the new one, so it must have at least the same rights.</summary>
    public static void CheckReplaced(this FieldCheck fields, Scopes replaced, Scopes own)
    {
        if ((replaced & ~own) != 0) fields.AddError("key_id", "has scopes that your key does not have");
    }

    private static string? CheckMerchant(this FieldCheck fields, KeyRequest ask, KeyRights own)
    {
        if (ask.MerchantCode.Length == 0) return own.MerchantCode;
        if (own.MerchantCode is { } only && ask.MerchantCode != only)
            fields.AddError("merchant_code", "is beyond your key's reach");
        else if (!ask.MerchantIsKnown)
            fields.AddError("merchant_code", "is not a merchant of this installation");
        return ask.MerchantCode;
    }

    private static string? CheckStoreOf(this FieldCheck fields, string? merchant, string store)
    {
        if (store.Length == 0) return null;
        if (merchant is null) fields.AddError("store", "needs a merchant_code");
        return fields.CheckStore("store", store);
    }

    private static Scopes CheckScopes(this FieldCheck fields, IReadOnlyList<string> words, Scopes own)
    {
        var scopes = Scopes.None;
        foreach (var word in words)
        {
            if (ScopeWords.FindExact(word) is not { } scope) fields.AddError("scopes", "must be known words");
            else if (!own.HasFlag(scope)) fields.AddError("scopes", $"must not have {word}, as your key does not");
            else scopes |= scope;
        }
        if (scopes is Scopes.None && fields.Errors.Count == 0) fields.AddError("scopes", "is required");
        return scopes;
    }

    private static int? CheckRate(this FieldCheck fields, int rate, int own)
    {
        var most = own == 0 ? KeyLimits.MaxRequestsPerSecond : own;
        if (rate < 0 || rate > most) fields.AddError("requests_per_second", $"must be from 0 to {most}");
        return rate == 0 ? null : rate;
    }
}

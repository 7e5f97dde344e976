using Fleet.Core.Access;


namespace Fleet.Server.Access;

/// <summary>A key that was made over the API, without the key itself.</summary>
internal sealed record ApiKey
{
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the key.</summary>
    public required string Hash { get; init; }

    /// <summary>The first letters of the key, so that people recognise it.</summary>
    public required string Prefix { get; init; }

    public required string Name { get; init; }

    public string? MerchantCode { get; init; }

    public string? Store { get; init; }

    public required Scopes Scopes { get; init; }

    public int? RequestsPerSecond { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Id of the key it was made with.</summary>
    public required string CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The key that replaces it; until <see cref="ExpiresAt"/> both are valid.</summary>
    public Guid? ReplacedBy { get; init; }

    /// <summary>A new key.</summary>
    /// <param name="terms">Its rights and limits.</param>
    /// <param name="text">The key itself, of which only a hash is kept.</param>
    /// <param name="maker">The key with which it is made.</param>
    /// <param name="now">The time.</param>
    public static ApiKey FromTerms(KeyTerms terms, string text, Caller maker, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Hash = RandomIds.HashSecret(text),
        Prefix = KeyText.ShownPart(text),
        Name = terms.Name,
        MerchantCode = terms.MerchantCode,
        Store = terms.Store,
        Scopes = terms.Scopes,
        RequestsPerSecond = terms.RequestsPerSecond,
        CreatedAt = now,
        CreatedBy = maker.KeyId,
        ExpiresAt = terms.ExpiresAt,
    };

    /// <summary>Its rights and limits.</summary>
    public KeyTerms Terms => new(Name, MerchantCode, Store, Scopes, RequestsPerSecond, ExpiresAt);

    public KeyGrant Grant => new(Id.ToString(), Name, Scopes, MerchantCode, Store, RequestsPerSecond);

    /// <summary>Whether it is valid.</summary>
    public bool IsGoodAt(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);
}

/// <summary>The keys that were made over the API. Keys are never deleted.</summary>
internal interface IApiKeys
{
    /// <summary>The key with this hash, or null.</summary>
    Task<ApiKey?> FindByHash(string hash, CancellationToken cancel);

    /// <summary>The key with this id, or null.</summary>
    Task<ApiKey?> FindById(Guid id, CancellationToken cancel);

    /// <summary>Keys, the newest first.</summary>
    /// <param name="merchantCode">Of this merchant; null for all, and those of the chain.</param>
    /// <param name="before">Made before this one; null for the newest.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancel">Ends the read.</param>
    Task<IReadOnlyList<ApiKey>> ListKeys(string? merchantCode, Guid? before, int limit, CancellationToken cancel);

    Task AddKey(ApiKey key);

    /// <summary>
    /// Adds a key that replaces another, which then expires; false when the old key is revoked or already replaced.
    /// </summary>
    Task<bool> ReplaceKey(Guid old, DateTimeOffset oldExpires, ApiKey key);

    /// <summary>Revokes a key at once; false when it is already revoked.</summary>
    Task<bool> RevokeKey(Guid id, DateTimeOffset now);
}

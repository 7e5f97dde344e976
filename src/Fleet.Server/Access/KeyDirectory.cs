namespace Fleet.Server.Access;

/// <summary>
/// What a key may do, from the configuration, the database, or an identity provider. Keys of the database are cached
/// for so short a time that a revocation takes effect within 5 s.
/// </summary>
internal sealed class KeyDirectory(MerchantDirectory configured, IApiKeys keys, JwtBearers jwt, TimeProvider time)
    : IDisposable
{
    /// <summary>How many keys are cached, unknown ones included.</summary>
    private const int MaxRemembered = 10_000;

    /// <summary>
    /// Age at which a cached key is read again. With the time that the read takes, a change counts within 5 s.
    /// </summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly SharedReads<string, ApiKey?> _remembered =
        new(hash => keys.FindByHash(hash, CancellationToken.None), Fresh, MaxRemembered, time);

    /// <summary>What a key may do now, or null when it is unknown or not valid any more.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer, so it is not known.</exception>
    public ValueTask<KeyGrant?> FindGrant(ReadOnlySpan<char> key, CancellationToken cancel)
    {
        Span<char> hash = stackalloc char[RandomIds.HashLetters];
        RandomIds.HashSecret(key, hash);
        if (configured.FindKey(hash) is { } grant) return new(grant);
        var text = key.ToString();
        if (KeyText.IsOne(text)) return FindCreated(hash.ToString());
        return JwtBearers.IsOne(text) ? jwt.FindGrant(text, cancel) : new((KeyGrant?)null);
    }

    /// <summary>What the key with this hash may do now, or null when it is unknown or not valid any more.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer, so it is not known.</exception>
    public ValueTask<KeyGrant?> FindByHash(string hash) =>
        configured.FindKey(hash) is { } grant ? new(grant) : FindCreated(hash);

    /// <summary>Drops a key from the cache, so that its change takes effect at once on this node.</summary>
    public void ForgetKey(ApiKey key) => _remembered.Forget(key.Hash);

    public void Dispose() => _remembered.Dispose();

    private async ValueTask<KeyGrant?> FindCreated(string hash) =>
        await _remembered.Read(hash) is { } key && key.IsGoodAt(time.Now()) ? key.Grant : null;
}

using Microsoft.Extensions.Caching.Memory;

namespace Fleet.Server.Access;

/// <summary>
/// What a key may do, wherever it comes from: the configuration, the database, or an identity provider. Keys of the
/// database are remembered for a moment, and so short a one that a revocation is felt everywhere soon enough.
/// </summary>
internal sealed class KeyDirectory(MerchantDirectory configured, IApiKeys keys, JwtBearers jwt, TimeProvider time)
    : IDisposable
{
    /// <summary>Keys remembered, known and unknown ones together.</summary>
    private const int MaxRemembered = 10_000;

    /// <summary>Age at which what is remembered is read again; with the time of that read it is below 5 s.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MaxRemembered });

    /// <summary>What a key may do now, or null when it is none, or one no longer.</summary>
    /// <exception cref="LedgerUnavailableException">Nobody can say.</exception>
    public ValueTask<KeyGrant?> FindGrant(string key, CancellationToken cancel)
    {
        var hash = RandomIds.HashSecret(key);
        if (configured.FindKey(hash) is { } grant) return new(grant);
        if (KeyText.IsOne(key)) return FindCreated(hash);
        return JwtBearers.IsOne(key) ? jwt.FindGrant(key, cancel) : new((KeyGrant?)null);
    }

    /// <summary>Reads a key again when it is used next: here its change is felt at once.</summary>
    public void ForgetKey(ApiKey key) => _remembered.Remove(key.Hash);

    public void Dispose() => _remembered.Dispose();

    private async ValueTask<KeyGrant?> FindCreated(string hash)
    {
        if (_remembered.Get<Reading>(hash) is not { } reading || time.GetElapsedTime(reading.Begun) >= Fresh)
        {
            reading = new(time.GetTimestamp(), keys.FindByHash(hash, CancellationToken.None));
            _remembered.Set(hash, reading, new MemoryCacheEntryOptions { Size = 1 });
        }
        try
        {
            return await reading.Key is { } key && key.IsGoodAt(time.Now()) ? key.Grant : null;
        }
        catch
        {
            _remembered.Remove(hash); // a failure is no answer: the next request asks again
            throw;
        }
    }

    /// <summary>One look into the database, shared by all who ask meanwhile.</summary>
    private sealed record Reading(long Begun, Task<ApiKey?> Key);
}

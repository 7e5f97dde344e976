using Microsoft.Extensions.Caching.Memory;

namespace Fleet.Server;

/// <summary>
/// Reads that are shared: all who ask for the same within a short time get the result of one read. A failure is not
/// kept: the next one who asks reads again.
/// </summary>
/// <param name="read">Reads what belongs to a key.</param>
/// <param name="fresh">The age at which a read is not shared any more.</param>
/// <param name="max">How many reads are kept.</param>
/// <param name="time">The clock of their age.</param>
/// <param name="unused">After how long an unused read is dropped; null to keep it while there is room.</param>
internal sealed class SharedReads<TKey, T>(
    Func<TKey, Task<T>> read, TimeSpan fresh, int max, TimeProvider time, TimeSpan? unused = null) : IDisposable
    where TKey : notnull
{
    private readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = max });

    public async ValueTask<T> Read(TKey key)
    {
        if (_kept.Get<Reading>(key) is not { } reading || time.GetElapsedTime(reading.Begun) >= fresh)
        {
            reading = new(time.GetTimestamp(), read(key));
            _kept.Set(key, reading, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = unused });
        }
        try
        {
            return await reading.Result;
        }
        catch
        {
            _kept.Remove(key);
            throw;
        }
    }

    /// <summary>Drops a read, so that the next one who asks reads again.</summary>
    public void Forget(TKey key) => _kept.Remove(key);

    public void Dispose() => _kept.Dispose();

    /// <summary>One read, and when it began.</summary>
    private sealed record Reading(long Begun, Task<T> Result);
}

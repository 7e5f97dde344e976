using System.Collections.Concurrent;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Access;

/// <summary>
/// How often a key may call this node. Each key has its own bucket, which refills every second and holds two seconds'
/// worth, so that a key with too many requests slows down no other key.
/// </summary>
internal sealed class RateLimits(IOptions<FleetOptions> options, TimeProvider time)
{
    /// <summary>Number of buckets at which full ones are removed.</summary>
    private const int MaxBuckets = 10_000;

    /// <summary>The time that it takes to fill an empty bucket.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>The requests per second a key may make; 0 for any number.</summary>
    public int LimitOf(KeyGrant key) => key.RequestsPerSecond ?? options.Value.RequestsPerSecond;

    /// <summary>Takes one request out of a key's bucket.</summary>
    /// <returns>
    /// Zero when the request may be made; otherwise nothing was taken, and the result is the time to wait.
    /// </returns>
    public TimeSpan TakeRequest(KeyGrant key)
    {
        var rate = LimitOf(key);
        if (rate == 0) return TimeSpan.Zero;
        var (cost, now) = (TimeSpan.FromTicks(TimeSpan.TicksPerSecond / rate), time.GetElapsedTime(_start));
        return BucketOf(key.Id, now).TakeRequest(cost, now);
    }

    /// <summary>Takes one request, and waits until it may be made.</summary>
    public async Task WaitForRequest(KeyGrant key, CancellationToken cancel)
    {
        while (TakeRequest(key) is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, cancel);
    }

    private Bucket BucketOf(string keyId, TimeSpan now)
    {
        if (_buckets.TryGetValue(keyId, out var known)) return known;
        if (_buckets.Count >= MaxBuckets)
        {
            foreach (var (id, bucket) in _buckets)
            {
                if (bucket.IsFull(now)) _buckets.TryRemove(id, out _);
            }
        }
        return _buckets.GetOrAdd(keyId, _ => new());
    }

    /// <summary>
    /// A bucket is one number, the time when it will be full again. Its content is computed from that, so no timer
    /// refills it.
    /// </summary>
    private sealed class Bucket
    {
        private readonly Lock _turn = new();
        private TimeSpan _full;

        public bool IsFull(TimeSpan now)
        {
            lock (_turn) return _full <= now;
        }

        public TimeSpan TakeRequest(TimeSpan cost, TimeSpan now)
        {
            lock (_turn)
            {
                var full = (_full > now ? _full : now) + cost;
                if (full > now + Burst) return full - now - Burst;
                _full = full;
                return TimeSpan.Zero;
            }
        }
    }
}

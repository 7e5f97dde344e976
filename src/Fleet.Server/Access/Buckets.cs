using System.Collections.Concurrent;

namespace Fleet.Server.Access;

/// <summary>Limits how often something is done, by name: each name has a bucket, which refills by itself.</summary>
/// <param name="burst">The time that it takes to fill an empty bucket.</param>
/// <param name="time">The clock.</param>
internal sealed class Buckets(TimeSpan burst, TimeProvider time)
{
    /// <summary>Number of buckets at which full ones are removed.</summary>
    private const int MaxBuckets = 10_000;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>Takes one out of a bucket.</summary>
    /// <returns>Zero when it was there; otherwise nothing was taken, and the result is the time to wait.</returns>
    public TimeSpan TakeOne(string name, int perSecond)
    {
        var (cost, now) = (TimeSpan.FromTicks(TimeSpan.TicksPerSecond / perSecond), time.GetElapsedTime(_start));
        return BucketOf(name, now).TakeOne(cost, now, burst);
    }

    private Bucket BucketOf(string name, TimeSpan now)
    {
        if (_buckets.TryGetValue(name, out var known)) return known;
        if (_buckets.Count >= MaxBuckets)
        {
            foreach (var (id, bucket) in _buckets)
            {
                if (bucket.IsFull(now)) _buckets.TryRemove(id, out _);
            }
        }
        return _buckets.GetOrAdd(name, _ => new());
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

        public TimeSpan TakeOne(TimeSpan cost, TimeSpan now, TimeSpan burst)
        {
            lock (_turn)
            {
                var full = (_full > now ? _full : now) + cost;
                if (full > now + burst) return full - now - burst;
                _full = full;
                return TimeSpan.Zero;
            }
        }
    }
}

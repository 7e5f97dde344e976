using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Access;

/// <summary>
/// How often a key may call this node. Each key has its own bucket, which refills every second and holds two seconds'
/// worth, so that a key with too many requests slows down no other key.
/// </summary>
internal sealed class RateLimits(IOptions<FleetOptions> options, TimeProvider time)
{
    private readonly Buckets _buckets = new(TimeSpan.FromSeconds(2), time);

    /// <summary>The requests per second a key may make; 0 for any number.</summary>
    public int LimitOf(KeyGrant key) => key.RequestsPerSecond ?? options.Value.RequestsPerSecond;

    /// <summary>Takes one request out of a key's bucket.</summary>
    /// <returns>
    /// Zero when the request may be made; otherwise nothing was taken, and the result is the time to wait.
    /// </returns>
    public TimeSpan TakeRequest(KeyGrant key) =>
        LimitOf(key) is > 0 and var rate ? _buckets.TakeOne(key.Id, rate) : TimeSpan.Zero;

    /// <summary>Takes one request, and waits until it may be made.</summary>
    public async Task WaitForRequest(KeyGrant key, CancellationToken cancel)
    {
        while (TakeRequest(key) is var wait && wait > TimeSpan.Zero) await Task.Delay(wait, time, cancel);
    }
}

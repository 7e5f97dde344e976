using System.Collections.Concurrent;

namespace Fleet.Server.Keys;

/// <summary>
/// Wrong pairing codes of each key on this node. Who guesses would otherwise have as many tries as requests.
/// </summary>
internal sealed class WrongCodes(TimeProvider time)
{
    /// <summary>Wrong codes that a key may have tried within <see cref="Remembered"/>.</summary>
    private const int Max = 20;

    /// <summary>Keys at which those are forgotten whose wrong codes are old.</summary>
    private const int MaxKeys = 10_000;

    /// <summary>As long as a code is good.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _tries = new();

    /// <summary>Counts a try as a wrong one until the opposite is known: so many at once are not more than many.</summary>
    /// <returns>Zero when it may be made; otherwise after that time one may be.</returns>
    public TimeSpan Begin(string keyId)
    {
        var (tries, now) = (TriesOf(keyId), time.GetUtcNow());
        lock (tries)
        {
            Age(tries, now);
            if (tries.Count >= Max) return tries.Peek() + Remembered - now;
            tries.Enqueue(now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>The code of one try was none that had to be guessed.</summary>
    public void Forgive(string keyId)
    {
        var tries = TriesOf(keyId);
        lock (tries) tries.TryDequeue(out _);
    }

    private Queue<DateTimeOffset> TriesOf(string keyId)
    {
        if (_tries.Count >= MaxKeys) Forget();
        return _tries.GetOrAdd(keyId, _ => new(Max));
    }

    private void Forget()
    {
        foreach (var (keyId, tries) in _tries)
        {
            lock (tries)
            {
                Age(tries, time.GetUtcNow());
                if (tries.Count == 0) _tries.TryRemove(keyId, out _);
            }
        }
    }

    private static void Age(Queue<DateTimeOffset> tries, DateTimeOffset now)
    {
        while (tries.TryPeek(out var first) && first + Remembered <= now) tries.Dequeue();
    }
}

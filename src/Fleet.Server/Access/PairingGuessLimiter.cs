using System.Collections.Concurrent;
using Fleet.Core;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Access;

/// <summary>
/// Counts wrong pairing codes of each key on this node, so that a caller cannot guess codes. Correct codes and
/// unfinished attempts are not counted; otherwise a key could not pair many readers at once.
/// </summary>
internal sealed class PairingGuessLimiter(FleetMeter meter, TimeProvider time)
{
    /// <summary>Wrong codes that a key may have tried within <see cref="Remembered"/>.</summary>
    private const int Max = 20;

    /// <summary>Number of keys at which keys with only old attempts are removed.</summary>
    private const int MaxKeys = 10_000;

    /// <summary>As long as a code is valid.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _tries = new();

    /// <summary>How long a key must wait before it may try a code; zero when it need not wait.</summary>
    public TimeSpan TimeToWait(string keyId)
    {
        var wait = WaitOf(keyId);
        if (wait > TimeSpan.Zero) meter.CountLocked();
        return wait;
    }

    /// <summary>Counts an attempt of a key, if it had a wrong code.</summary>
    public void CountAttempt(string keyId, PairReply reply)
    {
        if (reply.Reader is not null) meter.CountPairing("paired");
        if (reply.Refusal is not { } refusal) return; // a dry run that would have worked does not count
        var isWrong = refusal.Code is RefusalCode.PairingCodeUnknown;
        meter.CountPairing(isWrong ? "wrong_code" : "refused");
        if (isWrong) AddWrongCode(keyId);
    }

    private TimeSpan WaitOf(string keyId)
    {
        if (!_tries.TryGetValue(keyId, out var tries)) return TimeSpan.Zero;
        var now = time.GetUtcNow();
        lock (tries)
        {
            DropExpired(tries, now);
            return tries.Count < Max ? TimeSpan.Zero : tries.Peek() + Remembered - now;
        }
    }

    private void AddWrongCode(string keyId)
    {
        if (_tries.Count >= MaxKeys) ForgetKeys();
        var tries = _tries.GetOrAdd(keyId, _ => new(Max));
        lock (tries)
        {
            if (tries.Count == Max) tries.Dequeue();
            tries.Enqueue(time.GetUtcNow());
        }
    }

    private void ForgetKeys()
    {
        foreach (var (keyId, tries) in _tries)
        {
            lock (tries)
            {
                DropExpired(tries, time.GetUtcNow());
                if (tries.Count == 0) _tries.TryRemove(keyId, out _);
            }
        }
    }

    private static void DropExpired(Queue<DateTimeOffset> tries, DateTimeOffset now)
    {
        while (tries.TryPeek(out var first) && first + Remembered <= now) tries.Dequeue();
    }
}

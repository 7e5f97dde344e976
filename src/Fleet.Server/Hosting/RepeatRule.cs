namespace Fleet.Server.Hosting;

/// <summary>
/// Which lines of a log are written when the same trouble is logged again and again: the first one whole, and then at
/// most one each half minute, with the number of those that were left out.
/// </summary>
internal sealed class RepeatRule
{
    /// <summary>Kinds of trouble that are remembered; then those that were seen longest ago are forgotten.</summary>
    private const int MaxKinds = 1_000;

    /// <summary>How often a kind is written.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>After so long without a line, a kind is new again.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Seen> _seen = [];
    private readonly Lock _turn = new();

    /// <summary>Decides about one line.</summary>
    /// <param name="kind">The kind of trouble that it is about.</param>
    /// <param name="now">A time that never goes back, as a span since any moment.</param>
    /// <returns>
    /// How many lines of the kind were left out before it; -1 for the first one; null to leave it out.
    /// </returns>
    public int? Decide(string kind, TimeSpan now)
    {
        lock (_turn)
        {
            if (_seen.Count >= MaxKinds && !_seen.ContainsKey(kind))
                foreach (var (old, _) in _seen.OrderBy(one => one.Value.Last).Take(MaxKinds / 10).ToArray())
                    _seen.Remove(old);
            if (!_seen.TryGetValue(kind, out var before) || now - before.Last >= Forgotten)
            {
                _seen[kind] = new(now, now, 0);
                return -1;
            }
            var isWritten = now - before.Written >= Pause;
            _seen[kind] = isWritten ? new(now, now, 0) : before with { Last = now, LeftOut = before.LeftOut + 1 };
            return isWritten ? before.LeftOut : null;
        }
    }

    private readonly record struct Seen(TimeSpan Written, TimeSpan Last, int LeftOut);
}

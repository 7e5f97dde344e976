using System.Security.Cryptography;

namespace Fleet.Client;

/// <summary>
/// The pauses between attempts: each twice as long as the one before, and by chance up to a half shorter, so that many
/// callers do not come back at the same moment.
/// </summary>
internal sealed class Pauses(TimeProvider time)
{
    private const int FirstMilliseconds = 200, LongestMilliseconds = 5_000;

    private int _milliseconds = FirstMilliseconds;

    /// <summary>The length of the next pause.</summary>
    /// <param name="told">What Fleet asks for; null when it does not ask for a pause.</param>
    public TimeSpan Next(TimeSpan? told = null)
    {
        var most = _milliseconds;
        _milliseconds = Math.Min(2 * most, LongestMilliseconds);
        var pause = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(most / 2, most + 1));
        return told > pause ? told.Value : pause;
    }

    /// <summary>Makes the next pause a short one again.</summary>
    public void Reset() => _milliseconds = FirstMilliseconds;

    /// <summary>Waits for the length of the next pause.</summary>
    public Task Wait(TimeSpan? told, CancellationToken cancel) => Task.Delay(Next(told), time, cancel);
}

using System.Collections.Concurrent;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Readers of which this node does not know what was saved last: a commit failed. A database that was silent may carry
/// it out when it goes on, after its caller was told that the outcome is unknown; the device must then show it.
/// </summary>
internal sealed class DoubtfulReaders
{
    /// <summary>How many there may be; a further one shows at its next call what was saved.</summary>
    public const int Most = 4_096;

    /// <summary>
    /// In how many rounds with an answer of the database a reader is asked again: a statement that was held up can be
    /// carried out a while after the first answer.
    /// </summary>
    private const int Rounds = 10;

    private readonly ConcurrentDictionary<string, int> _left = new();

    /// <summary>Notes that a commit of the reader failed.</summary>
    public void Note(string readerId)
    {
        if (_left.Count < Most) _left[readerId] = Rounds;
    }

    /// <summary>The readers to ask in a round; each is named in a limited number of rounds.</summary>
    public IReadOnlyList<string> TakeRound(int most)
    {
        var round = _left.Take(most).ToArray();
        foreach (var one in round)
        {
            // A reader that was noted again meanwhile keeps its rounds.
            if (one.Value > 1) _left.TryUpdate(one.Key, one.Value - 1, one.Value);
            else _left.TryRemove(one);
        }
        return [.. round.Select(one => one.Key)];
    }
}

using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// The readers on a board that is watched which change without any event: the cloud's word about them becomes too old,
/// or their pairing is not confirmed in time. Those who watch must be told.
/// </summary>
internal sealed class AgingLines
{
    private readonly Dictionary<string, (BoardLine Line, Age Told)> _lines = [];

    /// <summary>All of them.</summary>
    public IEnumerable<BoardLine> All => _lines.Values.Select(one => one.Line);

    /// <summary>Takes the board that is told now, or the changes of it.</summary>
    public void Take(Board board, DateTimeOffset now)
    {
        if (board.Whole) _lines.Clear();
        foreach (var line in board.Lines)
        {
            if (line.Cloud is null && line.Pairing.Status is not PairingStatus.Processing) _lines.Remove(line.ReaderId);
            else _lines[line.ReaderId] = (line, Age.Of(line, now));
        }
    }

    /// <summary>Those that are different now, each once.</summary>
    public IReadOnlyList<BoardLine> TakeOld(DateTimeOffset now)
    {
        var old = _lines.Values.Where(one => one.Told != Age.Of(one.Line, now)).Select(one => one.Line).ToList();
        foreach (var line in old) _lines[line.ReaderId] = (line, Age.Of(line, now));
        return old;
    }
}

/// <summary>What changes of a reader with the time alone.</summary>
/// <param name="IsUnknown">Whether nothing is known of it any more.</param>
/// <param name="Pairing">How far its pairing is.</param>
internal readonly record struct Age(bool IsUnknown, PairingStatus Pairing)
{
    public static Age Of(BoardLine line, DateTimeOffset now) => new(line.IsUnknownAt(now), line.Pairing.StatusAt(now));
}

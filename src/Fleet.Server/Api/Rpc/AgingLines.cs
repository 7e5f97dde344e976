using Fleet.Server.Grains;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// The readers of SumUp's cloud on a board that is watched. The cloud's word about them becomes too old without any
/// event, and those who watch must be told.
/// </summary>
internal sealed class AgingLines
{
    private readonly Dictionary<string, (BoardLine Line, bool WasUnknown)> _lines = [];

    /// <summary>All of them.</summary>
    public IEnumerable<BoardLine> All => _lines.Values.Select(one => one.Line);

    /// <summary>Takes the board that is told now, or the changes of it.</summary>
    public void Take(Board board, DateTimeOffset now)
    {
        if (board.Whole) _lines.Clear();
        foreach (var line in board.Lines)
        {
            if (line.Cloud is null) _lines.Remove(line.ReaderId);
            else _lines[line.ReaderId] = (line, line.IsUnknownAt(now));
        }
    }

    /// <summary>Those of which nothing is known any more, each once.</summary>
    public IReadOnlyList<BoardLine> TakeOld(DateTimeOffset now)
    {
        var old = _lines.Values.Where(one => !one.WasUnknown && one.Line.IsUnknownAt(now))
            .Select(one => one.Line).ToList();
        foreach (var line in old) _lines[line.ReaderId] = (line, true);
        return old;
    }
}

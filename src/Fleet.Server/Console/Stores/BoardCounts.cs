using Fleet.Server.Console.Parts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Stores;

/// <summary>What a board says as a whole.</summary>
/// <param name="Readers">How many readers have told their state.</param>
/// <param name="States">How many readers are in each state; free ones first, then the others by their number.</param>
/// <param name="Silent">Readers that have not reported their state.</param>
/// <param name="Queue">Tills that wait for a reader.</param>
public sealed record BoardCounts(
    int Readers, IReadOnlyList<(string Text, string Class, int Count)> States, IReadOnlyList<string> Silent,
    IReadOnlyList<Proto.WaitingTill> Queue)
{
    /// <summary>Counts a board.</summary>
    /// <param name="readers">All of its readers.</param>
    /// <param name="board">The board, or its last change.</param>
    public static BoardCounts Of(IEnumerable<Proto.Reader> readers, Proto.StoreBoard board)
    {
        var states = readers.GroupBy(Words.StateOf)
            .Select(group => (group.Key.Text, group.Key.Class, Count: group.Count()))
            .OrderBy(one => one.Class != "good").ThenByDescending(one => one.Count).ThenBy(one => one.Text).ToList();
        return new(states.Sum(one => one.Count), states, board.Silent, board.Queue);
    }
}

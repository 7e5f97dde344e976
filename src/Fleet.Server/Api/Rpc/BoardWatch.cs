using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Follows boards and readers, over the loss of nodes. Readers of SumUp's cloud that are followed are asked about.
/// </summary>
internal sealed class BoardWatch(
    ReaderGrainFactory readers, StoreDirectory stores, PresenceRefresh presence, TimeProvider time)
{
    /// <summary>The board, then its changes, until the store is closed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>
    /// Boards; and null each few seconds in which nothing changed, so that the caller can check whether to go on.
    /// </returns>
    public async IAsyncEnumerable<Proto.StoreBoard?> FollowBoard(
        IStoreGrain store, [EnumeratorCancellation] CancellationToken cancel)
    {
        BoardPlace? place = null;
        var lines = new AgingLines();
        while (await Failover.CallWithRetry(() => store.GetBoard(place).WaitAsync(cancel), cancel) is { } board)
        {
            var now = time.GetUtcNow();
            yield return board.Place == place ? null : board.ToMessage(now);
            place = board.Place;
            lines.Take(board, now);
            if (lines.TakeOld(now) is { Count: > 0 } old)
                yield return (board with { Whole = false, Lines = old }).ToMessage(now);
            presence.NoteShown(lines.All);
        }
    }

    /// <summary>A reader, then its changes, until it is unpaired or leaves the caller's reach.</summary>
    public async IAsyncEnumerable<Proto.Reader> FollowReader(
        BoardLine line, Reach caller, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (BoardLine? now = line; now is not null; now = await AwaitChange(now, caller, cancel))
            yield return now.ToMessage(time.GetUtcNow());
    }

    /// <summary>A reader as it is; null when there is none, or it is beyond the caller's reach.</summary>
    public async Task<BoardLine?> FindLine(string readerId, Reach caller, CancellationToken cancel)
    {
        if (!Ids.IsReader(readerId)) return null;
        var line = await Failover.CallWithRetry(readers[readerId].GetBoardLine, cancel);
        return line is not null && caller.CoversReader(line.Pairing) ? line : null;
    }

    /// <summary>The reader after a change, from the board on which it is then; null when it was deleted.</summary>
    private async Task<BoardLine?> AwaitChange(BoardLine line, Reach caller, CancellationToken cancel)
    {
        if (stores.FindStore(caller, line.Pairing.Store) is not { } store) return null;
        BoardPlace? place = null;
        var told = Age.Of(line, time.GetUtcNow());
        while (true)
        {
            presence.NoteShown([line]);
            if (told != Age.Of(line, time.GetUtcNow())) return line;
            var board = await Failover.CallWithRetry(() => store.GetBoard(place).WaitAsync(cancel), cancel);
            var now = board?.Lines.FirstOrDefault(other => other.ReaderId == line.ReaderId);
            if (now is not null && now.State != line.State) return now;
            if (now is not null && now.Pairing.UpdatedAt != line.Pairing.UpdatedAt) return now;
            if (now is null && board is null or { Whole: true }) return await FindLine(line.ReaderId, caller, cancel);
            place = board?.Place;
        }
    }
}

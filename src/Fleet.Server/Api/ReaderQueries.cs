using System.Globalization;
using Fleet.Core;
using Fleet.Server.Grains;
using Fleet.Server.Stores;

namespace Fleet.Server.Api;

/// <summary>The readers of many stores, from the boards that the stores keep of them.</summary>
internal sealed class ReaderQueries(
    StoreDirectory stores, ReaderGrainFactory readers, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The readers of one store, or of all, and the stores that did not answer; or that there is no such store.
    /// </summary>
    public async Task<(IReadOnlyList<BoardLine> Lines, IReadOnlyList<string> Missing, Refusal? Refusal)> ListLines(
        Reach caller, string store, CancellationToken cancel)
    {
        var (boards, missing, refusal) = await ListBoards(caller, store, cancel);
        return ([.. boards.SelectMany(board => board.Lines)], missing, refusal);
    }

    /// <summary>The order of a list: the order of pairing.</summary>
    public static string KeyOf(BoardLine line) =>
        line.Pairing.CreatedAt.UtcTicks.ToString("D19", CultureInfo.InvariantCulture) + line.ReaderId;

    /// <summary>
    /// All readers within a caller's reach, also those that have not told their store how they are; or that the store
    /// is none which the caller's key is for.
    /// </summary>
    /// <exception cref="TimeoutException">A store did not answer, and the list would lack its readers.</exception>
    public async Task<(IReadOnlyList<ReaderSnapshot> Readers, Refusal? Refusal)> ListSnapshots(
        Reach caller, CancellationToken cancel)
    {
        var (boards, missing, refusal) = await ListBoards(caller, "", cancel);
        if (refusal is not null) return ([], refusal);
        if (missing.Count > 0) throw new TimeoutException($"Stores that did not answer: {missing.Count}.");
        var found = boards.SelectMany(board => board.Lines).OrderBy(line => line.Pairing.CreatedAt)
            .Select(line => new ReaderSnapshot(line.ReaderId, line.Pairing, line.Pairing.StatusAt(time.Now())))
            .ToList();
        var silent = boards.SelectMany(board => board.Silent).Except(found.Select(reader => reader.Id));
        foreach (var some in silent.Chunk(FanOut.AtOnce))
        {
            found.AddRange((await Task.WhenAll(some.Select(id =>
                Failover.CallWithRetry(() => readers[id].GetReader(caller), cancel)))).OfType<ReaderSnapshot>());
        }
        return (found, null);
    }

    private async Task<(IReadOnlyList<Board> Boards, IReadOnlyList<string> Missing, Refusal? Refusal)> ListBoards(
        Reach caller, string store, CancellationToken cancel)
    {
        var names = (await stores.ListOpen(caller, cancel)).Select(known => known.Id)
            .Where(name => store.Length == 0 || name == store).ToList();
        if (names.Count == 0) return ([], [], Refusal.NotFound);
        var keys = names.Select(name => StoreKey.ForStore(caller.MerchantCode, name)).ToList();
        var gateway = grains.GetGrain<IFleetGatewayGrain>(0);
        var outcomes = await Failover.CallWithRetry(() => gateway.GetBoards(keys, Deadline), cancel);
        return ([.. outcomes.Select(outcome => outcome.Result).OfType<Board>()],
            [.. names.Where((_, i) => outcomes[i].Error is not null)], null);
    }
}

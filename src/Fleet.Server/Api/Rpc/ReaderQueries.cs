using System.Globalization;
using Fleet.Core;
using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>The readers of many stores, from their boards: nobody's turn is disturbed for a list.</summary>
internal sealed class ReaderQueries(
    StoreDirectory stores, ReaderGrainFactory readers, IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>The readers of one store, or of all; and the stores that did not answer.</summary>
    /// <exception cref="Grpc.Core.RpcException">There is no such store.</exception>
    public async Task<(IReadOnlyList<BoardLine> Lines, IReadOnlyList<string> Missing)> ListLines(
        Reach caller, string store, CancellationToken cancel)
    {
        var (boards, missing) = await ListBoards(caller, store, cancel);
        return ([.. boards.SelectMany(board => board.Lines)], missing);
    }

    /// <summary>The order of a list: as they were paired.</summary>
    public static string KeyOf(BoardLine line) =>
        line.Pairing.CreatedAt.UtcTicks.ToString("D19", CultureInfo.InvariantCulture) + line.ReaderId;

    /// <summary>What a caller wants to see.</summary>
    /// <exception cref="Grpc.Core.RpcException">A filter is none.</exception>
    public static Func<BoardLine, bool> BuildFilter(Proto.ListReadersRequest ask, DateTimeOffset now)
    {
        if (ask.FirmwareBelow.Length > 0 && !Firmware.IsVersion(ask.FirmwareBelow))
            throw RpcErrors.InvalidField("firmware_below", "must be a version, as 3.3.40.3");
        return line =>
            ask.Tags.All(line.Pairing.Tags.Contains)
            && (ask.Presence is Proto.Presence.Unspecified || ask.Presence == line.PresenceAt(now).ToMessage())
            && (ask.FirmwareBelow.Length == 0 || !Firmware.AtLeast(line.Pairing.Device.Firmware, ask.FirmwareBelow))
            && (ask.BatteryBelow == 0 || line.State.Status.Health?.BatteryLevel < ask.BatteryBelow)
            && (line.Pairing.Name.Contains(ask.Text, StringComparison.OrdinalIgnoreCase)
                || line.Pairing.Device.Serial.Contains(ask.Text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>All readers within a caller's reach, also those that have not told their store how they are.</summary>
    /// <exception cref="TimeoutException">A store did not answer, and the list would lack its readers.</exception>
    public async Task<IReadOnlyList<ReaderSnapshot>> ListSnapshots(Reach caller, CancellationToken cancel)
    {
        var (boards, missing) = await ListBoards(caller, "", cancel);
        if (missing.Count > 0) throw new TimeoutException($"{missing.Count} stores did not answer.");
        var found = boards.SelectMany(board => board.Lines).OrderBy(line => line.Pairing.CreatedAt)
            .Select(line => new ReaderSnapshot(line.ReaderId, line.Pairing, line.Pairing.StatusAt(time.Now())))
            .ToList();
        var silent = boards.SelectMany(board => board.Silent).Except(found.Select(reader => reader.Id));
        foreach (var some in silent.Chunk(FanOut.AtOnce))
        {
            found.AddRange((await Task.WhenAll(some.Select(id =>
                Failover.CallWithRetry(() => readers[id].GetReader(caller), cancel)))).OfType<ReaderSnapshot>());
        }
        return found;
    }

    private async Task<(IReadOnlyList<Board> Boards, IReadOnlyList<string> Missing)> ListBoards(
        Reach caller, string store, CancellationToken cancel)
    {
        var names = (await stores.ListOpen(caller, cancel)).Select(known => known.Id)
            .Where(name => store.Length == 0 || name == store).ToList();
        if (names.Count == 0) throw RpcErrors.ToException(Refusal.NotFound);
        var keys = names.Select(name => StoreKey.ForStore(caller.MerchantCode, name)).ToList();
        var gateway = grains.GetGrain<IFleetGatewayGrain>(0);
        var outcomes = await Failover.CallWithRetry(() => gateway.GetBoards(keys, Deadline), cancel);
        return ([.. outcomes.Select(outcome => outcome.Result).OfType<Board>()],
            [.. names.Where((_, i) => outcomes[i].Error is not null)]);
    }
}

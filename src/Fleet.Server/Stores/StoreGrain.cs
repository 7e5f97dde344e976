using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Devices;
using Fleet.Server.Readers;
using Fleet.Server.Storage;
using Orleans.Concurrency;

namespace Fleet.Server.Stores;

/// <summary>A shop of a merchant, with its readers.</summary>
[Alias("fleet.store-grain")]
internal interface IStoreGrain : IGrainWithStringKey
{
    /// <summary>Pairs the device that shows a code.</summary>
    [Alias("pair")]
    Task<PairReply> Pair(PairReader ask);

    /// <summary>The readers, in the order they were paired.</summary>
    [Alias("list"), AlwaysInterleave]
    Task<IReadOnlyList<ReaderSnapshot>> List();

    /// <summary>A reader was deleted. One way: a message lost is made good by the next list.</summary>
    [Alias("forget"), OneWay]
    Task Forget(string readerId);
}

/// <summary>A merchant's request to pair a reader.</summary>
/// <param name="MerchantCode">The merchant.</param>
/// <param name="Sandbox">Whether it is a sandbox merchant.</param>
/// <param name="ReaderId">The id of the new reader, made before the first attempt.</param>
/// <param name="Code">The code on the device's screen, as <see cref="Ids.TryReadPairingCode"/> gives it.</param>
/// <param name="Name">The name, checked.</param>
/// <param name="Metadata">The metadata, checked; a JSON object or null.</param>
[GenerateSerializer, Immutable, Alias("fleet.pair-reader")]
internal sealed record PairReader(
    [property: Id(0)] string MerchantCode,
    [property: Id(1)] bool Sandbox,
    [property: Id(2)] string ReaderId,
    [property: Id(3)] string Code,
    [property: Id(4)] string Name,
    [property: Id(5)] string? Metadata);

/// <summary>The new reader, or why not.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pair-reply")]
internal sealed record PairReply([property: Id(0)] ReaderSnapshot? Reader, [property: Id(1)] Refusal? Refusal = null);

/// <summary>How stores are addressed.</summary>
internal static class StoreKey
{
    public static string Of(string merchantCode, string store) => $"{merchantCode}/{store}";
}

/// <summary>What is kept of a store.</summary>
public sealed record StoreRecord
{
    /// <summary>Ids of its readers, in the order they were paired.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];
}

internal sealed class StoreGrain(
    [PersistentState("store")] IPersistentState<StoreRecord> record, TimeProvider time) : Grain, IStoreGrain
{
    /// <summary>Readers asked at the same time.</summary>
    private const int MaxAsked = 64;

    /// <summary>
    /// The reader first, then the roster, then the device: a crash in between leaves a reader that waits in vain and
    /// expires, never a device that believes in a reader that is not there.
    /// </summary>
    public async Task<PairReply> Pair(PairReader ask)
    {
        var claim = await GrainFactory.GetGrain<IPairingGrain>(ask.Code).Claim(ask.Sandbox);
        if (claim.Device is not { } device) return new(null, claim.Refusal);
        var now = time.Now();
        var snapshot = await GrainFactory.GetGrain<IReaderGrain>(ask.ReaderId).Create(new()
        {
            MerchantCode = ask.MerchantCode,
            Store = Pairing.DefaultStore,
            Name = ask.Name,
            Metadata = ask.Metadata,
            Device = device,
            Status = PairingStatus.Processing,
            CreatedAt = now,
            UpdatedAt = now,
        });
        await record.Store(record.State with { Readers = [.. record.State.Readers, ask.ReaderId] });
        var replaced = await GrainFactory.GetGrain<IDeviceGrain>(device.Serial)
            .Pair(new(ask.ReaderId, ask.Name, ask.MerchantCode, ask.Code));
        if (replaced is not null) await GrainFactory.GetGrain<IReaderGrain>(replaced).Lose();
        return new(snapshot);
    }

    public async Task<IReadOnlyList<ReaderSnapshot>> List()
    {
        var mine = new Reach(this.GetPrimaryKeyString().Split('/')[0]);
        var found = new List<ReaderSnapshot>();
        foreach (var some in record.State.Readers.Chunk(MaxAsked))
        {
            var snapshots = await Task.WhenAll(
                some.Select(id => GrainFactory.GetGrain<IReaderGrain>(id).Get(mine)));
            found.AddRange(snapshots.OfType<ReaderSnapshot>());
        }
        return found;
    }

    public Task Forget(string readerId) =>
        record.Store(record.State with { Readers = [.. record.State.Readers.Where(id => id != readerId)] });
}

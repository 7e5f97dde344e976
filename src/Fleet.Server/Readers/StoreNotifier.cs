using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// What a reader tells the boards of stores. What a store cannot hear it asks for, so nothing here fails.
/// </summary>
internal sealed class StoreNotifier(IGrainFactory grains, string readerId)
{
    private (string Name, IStoreGrain Grain)? _last;

    /// <summary>The store that a pairing names.</summary>
    public IStoreGrain StoreOf(ReaderProfile pairing)
    {
        if (_last is { } last && last.Name == pairing.Store) return last.Grain;
        var store = grains.GetGrain<IStoreGrain>(StoreKey.ForStore(pairing.MerchantCode, pairing.Store));
        _last = (pairing.Store, store);
        return store;
    }

    /// <summary>How the reader is now. Nobody waits for the store.</summary>
    public void ReportState(ReaderProfile pairing, LineState state) => _ = StoreOf(pairing).PutState(readerId, state);

    /// <summary>All about the reader.</summary>
    public Task PublishLine(BoardLine line) => TryNotify(() => StoreOf(line.Pairing).PutLine(line));

    /// <summary>The reader is off the board of the store it was in.</summary>
    public Task LeaveStore(ReaderProfile before) => TryNotify(() => StoreOf(before).ForgetReader(readerId));

    private static async Task TryNotify(Func<Task> tell)
    {
        try
        {
            await tell();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // The store asks later; what matters is stored.
        }
    }
}

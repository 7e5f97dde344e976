using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// What a reader tells the boards of stores. What a store cannot hear it asks for, so nothing here fails.
/// </summary>
internal sealed class ReaderBoards(IGrainFactory grains, string readerId)
{
    private (string Name, IStoreGrain Grain)? _last;

    /// <summary>The store that a pairing names.</summary>
    public IStoreGrain StoreOf(Pairing pairing)
    {
        if (_last is { } last && last.Name == pairing.Store) return last.Grain;
        var store = grains.GetGrain<IStoreGrain>(StoreKey.Of(pairing.MerchantCode, pairing.Store));
        _last = (pairing.Store, store);
        return store;
    }

    /// <summary>How the reader is now. Nobody waits for the store.</summary>
    public void Change(Pairing pairing, LineState state) => _ = StoreOf(pairing).Change(readerId, state);

    /// <summary>All about the reader.</summary>
    public Task Introduce(BoardLine line) => Try(() => StoreOf(line.Pairing).Put(line));

    /// <summary>The reader is off the board of the store it was in.</summary>
    public Task Leave(Pairing before) => Try(() => StoreOf(before).Forget(readerId));

    private static async Task Try(Func<Task> tell)
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

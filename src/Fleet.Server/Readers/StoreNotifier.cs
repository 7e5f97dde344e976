using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// Reports a reader's state to the boards of stores. A failed report is ignored, because the store asks again.
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

    /// <summary>Reports the state of the reader, and does not wait for the store.</summary>
    public void ReportState(ReaderProfile pairing, LineState state) => _ = StoreOf(pairing).PutState(readerId, state);

    /// <summary>Sends the whole line of the reader.</summary>
    public Task PublishLine(BoardLine line) => TryNotify(() => StoreOf(line.Pairing).PutLine(line));

    /// <summary>Takes the reader off the board of the store in which it was.</summary>
    public Task LeaveStore(ReaderProfile before) => TryNotify(() => StoreOf(before).ForgetReader(readerId));

    private static async Task TryNotify(Func<Task> tell)
    {
        try
        {
            await tell();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // The store asks later; the state is saved.
        }
    }
}

using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// What a store says of the menus of its readers. Whom it has to tell is saved with it, so that each reader is told
/// also when a node dies in between.
/// </summary>
internal sealed class StoreSettings(StoreRoster roster, IGrainFactory grains, string key)
{
    /// <summary>Readers that are told at the same time.</summary>
    private const int AtOnce = 64;

    private readonly string _store = StoreKey.SplitKey(key).Store;
    private Task _telling = Task.CompletedTask;

    /// <summary>What the store says; null when there is no such store.</summary>
    public StoreLock? Show() => roster.IsOpen ? new(roster.MenuLock, roster.Untold.Count) : null;

    /// <summary>Changes what the store says, and begins to tell its readers.</summary>
    public async Task<Refusal?> Change(MenuLock? change)
    {
        if (!roster.IsOpen) return Refusal.NotFound;
        if (await roster.ChangeMenuLock(change) is { } refusal) return refusal;
        TellReaders().Ignore();
        return null;
    }

    /// <summary>Tells the readers that were not told yet. One that does not answer is told at the next time.</summary>
    public Task TellReaders() => _telling.IsCompleted && roster.Untold.Count > 0 ? _telling = TellAll() : _telling;

    private async Task TellAll()
    {
        foreach (var some in roster.Untold.Chunk(AtOnce))
        {
            var menuLock = roster.MenuLock;
            var told = await Task.WhenAll(some.Select(id => TryTell(id, menuLock)));
            var done = some.Where((_, i) => told[i]).ToHashSet();
            if (done.Count > 0) await roster.MarkTold(menuLock, done);
        }
    }

    private async Task<bool> TryTell(string readerId, MenuLock? menuLock)
    {
        try
        {
            return await grains.GetGrain<IReaderSettingsGrain>(readerId).TakeStoreLock(_store, menuLock);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return false;
        }
    }
}

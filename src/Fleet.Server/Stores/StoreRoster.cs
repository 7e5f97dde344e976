using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;

namespace Fleet.Server.Stores;

/// <summary>The saved list of the readers of a store, and whether the store is open.</summary>
internal sealed class StoreRoster(IPersistentState<StoreRecord> record, string store)
{
    private List<Func<StoreRecord, StoreRecord>> _changes = [];
    private Task _writing = Task.CompletedTask;
    private Task? _nextWrite;

    /// <summary>Ids of the readers, in order of arrival.</summary>
    public IReadOnlyList<string> Readers => record.State.Readers;

    /// <summary>Whether the store takes readers.</summary>
    public bool IsOpen => StoreRules.IsOpen(record.State, store);

    /// <summary>What the store says of the menus of its readers; null for nothing.</summary>
    public MenuLock? MenuLock => record.State.MenuLock;

    /// <summary>The readers that have to be told of it.</summary>
    public IReadOnlyList<string> Untold => record.State.Untold;

    public Task OpenStore() => SaveChange(StoreRules.OpenStore);

    public Task<Refusal?> CloseStore() => SaveUnlessRefused(StoreRules.CloseStore);

    /// <summary>Adds a reader that will come; refused when the store is not open, or is being closed.</summary>
    public Task<Refusal?> AdmitReader(string readerId) =>
        SaveUnlessRefused(state => StoreRules.AdmitReader(state, store, readerId));

    /// <summary>Adds a reader that reported that it is here.</summary>
    public Task AddReader(string readerId) => SaveChange(state => StoreRules.AddReader(state, readerId));

    public Task RemoveReader(string readerId) => SaveChange(state => StoreRules.RemoveReader(state, readerId));

    /// <summary>Changes the menu lock; null to say nothing of menus any more.</summary>
    public Task<Refusal?> ChangeMenuLock(MenuLock? change) =>
        SaveUnlessRefused(state => StoreRules.ChangeMenuLock(state, change));

    /// <summary>Notes that readers were told a menu lock.</summary>
    public Task MarkTold(MenuLock? told, IReadOnlySet<string> readers) =>
        SaveChange(state => StoreRules.MarkTold(state, told, readers));

    private async Task<Refusal?> SaveUnlessRefused(Func<StoreRecord, (StoreRecord Next, Refusal? Refusal)> decide)
    {
        Refusal? refusal = null;
        await SaveChange(state =>
        {
            (var next, refusal) = decide(state);
            return next;
        });
        return refusal;
    }

    /// <summary>
    /// Writes one after the other; changes that come during a write are written together by the next one. So a store
    /// that a thousand readers enter at once is not written a thousand times.
    /// </summary>
    private Task SaveChange(Func<StoreRecord, StoreRecord> change)
    {
        _changes.Add(change);
        return _nextWrite ??= After(_writing);

        async Task After(Task before)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing
                | ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.ForceYielding);
            var changes = _changes;
            (_changes, _writing, _nextWrite) = ([], _nextWrite ?? Task.CompletedTask, null);
            var next = changes.Aggregate(record.State, (state, one) => one(state));
            if (!ReferenceEquals(next, record.State)) await record.SaveState(next);
        }
    }
}

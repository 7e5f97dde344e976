using Fleet.Core.Readers;

namespace Fleet.Core.Stores;

/// <summary>What may be done to the stores of a merchant, and with the readers of a store.</summary>
public static class StoreRules
{
    /// <summary>Stores of one merchant, chosen by us: more than any chain has.</summary>
    public const int MaxStores = 10_000;

    /// <summary>For a move to a store that does not exist, or that the caller's key does not reach.</summary>
    public static readonly Refusal NoSuchStore =
        Refusal.InvalidFields([new("store", "is not a store of this merchant")]);

    private static readonly Refusal TooManyStores =
        Refusal.InvalidFields([new("store", $"cannot be added to {MaxStores} others")]);

    private static readonly Refusal DefaultStoreStays =
        Refusal.InvalidFields([new("store", "cannot be the default one")]);

    /// <summary>
    /// Decides whether the merchant may make a store, or open it again. Null when it may, otherwise the reason why not.
    /// </summary>
    public static Refusal? CreateStore(IReadOnlyList<StoreInfo> stores, string id) => FindStore(stores, id) switch
    {
        { RetiredAt: null } => Refusal.StoreExists,
        null when stores.Count >= MaxStores => TooManyStores,
        _ => null,
    };

    /// <summary>Decides whether the merchant may rename a store. A retired store cannot be renamed.</summary>
    public static Refusal? RenameStore(IReadOnlyList<StoreInfo> stores, string id) =>
        FindStore(stores, id) is { RetiredAt: null } ? null : Refusal.NotFound;

    /// <summary>
    /// Decides whether the merchant may retire a store. Only the store itself knows whether it is empty.
    /// </summary>
    public static Refusal? RetireStore(IReadOnlyList<StoreInfo> stores, string id) =>
        id == ReaderProfile.DefaultStore ? DefaultStoreStays : RenameStore(stores, id);

    /// <summary>A store among those of its merchant, open or retired; null when there is none.</summary>
    public static StoreInfo? FindStore(IReadOnlyList<StoreInfo> stores, string id) =>
        stores.FirstOrDefault(store => store.Id == id);

    /// <summary>Whether a store takes readers.</summary>
    /// <param name="record">The saved state of the store.</param>
    /// <param name="id">Its id.</param>
    public static bool IsOpen(StoreRecord record, string id) => record.Opened || id == ReaderProfile.DefaultStore;

    /// <summary>The store, open.</summary>
    public static StoreRecord OpenStore(StoreRecord record) => record with { Opened = true };

    /// <summary>The store, closed; refused while it has readers.</summary>
    public static (StoreRecord Next, Refusal? Refusal) CloseStore(StoreRecord record) =>
        record.Readers.Count == 0 ? (record with { Opened = false }, null) : (record, Refusal.StoreNotEmpty);

    /// <summary>The store with a reader that will move here; refused when it is not open.</summary>
    public static (StoreRecord Next, Refusal? Refusal) AdmitReader(StoreRecord record, string id, string readerId) =>
        IsOpen(record, id) ? (AddReader(record, readerId), null) : (record, NoSuchStore);

    /// <summary>The store with a reader that reported that it is here.</summary>
    public static StoreRecord AddReader(StoreRecord record, string readerId) => record.Readers.Contains(readerId)
        ? record
        : record with
        {
            Readers = [.. record.Readers, readerId],
            Untold = record.MenuLock is null ? record.Untold : [.. record.Untold, readerId],
        };

    /// <summary>The store without a reader.</summary>
    public static StoreRecord RemoveReader(StoreRecord record, string readerId) => record.Readers.Contains(readerId)
        ? record with
        {
            Readers = [.. record.Readers.Where(id => id != readerId)],
            Untold = [.. record.Untold.Where(id => id != readerId)],
        }
        : record;

    /// <summary>
    /// The store with another menu lock, of which all its readers have to be told; refused when it is locked without a
    /// passcode.
    /// </summary>
    /// <param name="record">The saved state of the store.</param>
    /// <param name="change">What is changed; null to say nothing of menus any more.</param>
    public static (StoreRecord Next, Refusal? Refusal) ChangeMenuLock(StoreRecord record, MenuLock? change)
    {
        if (change is null) return (record with { MenuLock = null, Untold = record.Readers }, null);
        var (next, refusal) = SettingsRules.ChangeLock(change, record.MenuLock);
        return next is null
            ? (record, refusal)
            : (record with { MenuLock = next, Untold = record.Readers }, null);
    }

    /// <summary>
    /// The store after readers were told a menu lock. If it has changed meanwhile, they are told again.
    /// </summary>
    public static StoreRecord MarkTold(StoreRecord record, MenuLock? told, IReadOnlySet<string> readers) =>
        record.MenuLock == told
            ? record with { Untold = [.. record.Untold.Where(id => !readers.Contains(id))] }
            : record;
}

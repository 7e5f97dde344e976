using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>What a file says of a chain. What it does not name stays as it is.</summary>
/// <param name="Merchants">The merchants.</param>
internal sealed record ChainFile(IReadOnlyList<MerchantEntry> Merchants);

/// <summary>Where an item of the file stands.</summary>
/// <param name="First">The line where it begins, from 1.</param>
/// <param name="Fields">The lines of its fields, by their names.</param>
internal sealed record ItemLines(int First, IReadOnlyDictionary<string, int> Fields)
{
    /// <summary>The line of a field, or of the field of an inner one; of the item when it has no such field.</summary>
    public int Of(string field) => Fields.GetValueOrDefault(field.Split('[', '.')[0], First);
}

/// <summary>A merchant in the file.</summary>
/// <param name="Lines">Where it stands.</param>
/// <param name="Terms">Its code, and the fields that the file says.</param>
internal sealed record MerchantEntry(ItemLines Lines, Proto.UpdateMerchantRequest Terms)
{
    public string Code => Terms.MerchantCode;

    /// <summary>Whether it has virtual readers; null when the file does not say.</summary>
    public bool? Sandbox { get; init; }

    /// <summary>Why it starts no payments; empty when it starts them; null when the file does not say.</summary>
    public string? Suspended { get; init; }

    public IReadOnlyList<NamedEntry> AffiliateKeys { get; init; } = [];

    /// <summary>Names of API keys that it has.</summary>
    public IReadOnlyList<NamedEntry> Keys { get; init; } = [];

    public IReadOnlyList<StoreEntry> Stores { get; init; } = [];

    public IReadOnlyList<ReaderEntry> Readers { get; init; } = [];
}

/// <summary>A key in the file, which has no secrets: it must be there already.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Name">Its name.</param>
/// <param name="Retired">Whether tills may not use it any more.</param>
internal sealed record NamedEntry(int Line, string Name, bool Retired);

/// <summary>A store in the file.</summary>
/// <param name="Lines">Where it stands.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; null when the file does not say.</param>
/// <param name="Retired">Whether it is closed.</param>
/// <param name="MenuLock">What it says of the menus of its readers; null when the file does not say.</param>
internal sealed record StoreEntry(ItemLines Lines, string Id, string? Name, bool Retired, MenuLockEntry? MenuLock);

/// <summary>A reader in the file, which is paired already.</summary>
/// <param name="Lines">Where it stands.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; null when the file does not say.</param>
/// <param name="Store">Its store; null when the file does not say.</param>
/// <param name="Tags">Its tags; null when the file does not say.</param>
/// <param name="MenuLock">Its own menu lock; null when the file does not say.</param>
internal sealed record ReaderEntry(
    ItemLines Lines, string Id, string? Name, string? Store, IReadOnlyList<string>? Tags, MenuLockEntry? MenuLock);

/// <summary>A menu lock in the file, which has no passcode.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Enabled">Whether the menu is locked; null when no lock is to be set any more.</param>
internal sealed record MenuLockEntry(int Line, bool? Enabled);

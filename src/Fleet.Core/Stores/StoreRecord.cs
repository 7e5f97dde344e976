using Fleet.Core.Readers;

namespace Fleet.Core.Stores;

/// <summary>The saved state of a store.</summary>
public sealed record StoreRecord
{
    /// <summary>Ids of its readers, in order of arrival.</summary>
    public IReadOnlyList<string> Readers { get; init; } = [];

    /// <summary>Whether its merchant made it. The default store is never made: every merchant has it.</summary>
    public bool Opened { get; init; }

    /// <summary>What it says of the menus of its readers; null for nothing.</summary>
    public MenuLock? MenuLock { get; init; }

    /// <summary>The readers that have to be told <see cref="MenuLock"/>.</summary>
    public IReadOnlyList<string> Untold { get; init; } = [];
}

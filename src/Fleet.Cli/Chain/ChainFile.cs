using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>What a file says of a chain. What it does not name stays as it is.</summary>
/// <param name="Merchants">The merchants.</param>
internal sealed record ChainFile(IReadOnlyList<MerchantEntry> Merchants);

/// <summary>A merchant in the file.</summary>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Terms">Its code, and the fields that the file says.</param>
internal sealed record MerchantEntry(int Line, Proto.UpdateMerchantRequest Terms)
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
/// <param name="Line">Its line.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; null when the file does not say.</param>
/// <param name="Retired">Whether it is closed.</param>
internal sealed record StoreEntry(int Line, string Id, string? Name, bool Retired);

/// <summary>A reader in the file, which is paired already.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; null when the file does not say.</param>
/// <param name="Store">Its store; null when the file does not say.</param>
/// <param name="Tags">Its tags; null when the file does not say.</param>
internal sealed record ReaderEntry(int Line, string Id, string? Name, string? Store, IReadOnlyList<string>? Tags);

namespace Fleet.Core.Stores;

/// <summary>What may be done to a store, and with its readers.</summary>
public static class StoreRules
{
    /// <summary>For a move to a store that does not exist, or that the caller's key does not reach.</summary>
    public static readonly Refusal NoSuchStore =
        Refusal.InvalidFields([new("store", "is not a store of this merchant")]);
}

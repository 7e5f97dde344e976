namespace Fleet.Core.Stores;

/// <summary>What may be done to a store, and with its readers.</summary>
public static class StoreRules
{
    /// <summary>For a reader that is to go where no store is, or none that the caller's key reaches.</summary>
    public static readonly Refusal NoSuchStore =
        Refusal.InvalidFields([new("store", "is not a store of this merchant")]);
}

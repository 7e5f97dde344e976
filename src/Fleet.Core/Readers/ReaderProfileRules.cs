using Fleet.Core.Stores;

namespace Fleet.Core.Readers;

/// <summary>The changes of a reader's profile. The reader itself adds the time of the change.</summary>
public static class ReaderProfileRules
{
    /// <summary>The reader with another name or other metadata; null leaves a part as it is.</summary>
    public static ReaderProfile Rename(ReaderProfile profile, string? name, string? metadata) =>
        profile with { Name = name ?? profile.Name, Metadata = metadata ?? profile.Metadata };

    /// <summary>
    /// The reader in another store, or with other tags; null leaves a part as it is. Only the store itself knows
    /// whether it is open.
    /// </summary>
    /// <param name="caller">What the key that moves it reaches.</param>
    /// <param name="profile">The present profile.</param>
    /// <param name="store">Its new store.</param>
    /// <param name="tags">Its new tags.</param>
    /// <returns>The new profile; or the present one and the reason, when the change is refused.</returns>
    public static (ReaderProfile Next, Refusal? Refusal) Move(
        Reach caller, ReaderProfile profile, string? store, IReadOnlyList<string>? tags)
    {
        if (profile.Status is PairingStatus.Removed || !caller.CoversReader(profile))
            return (profile, Refusal.NotFound);
        var next = profile with { Store = store ?? profile.Store, Tags = tags ?? profile.Tags };
        return caller.CoversReader(next) ? (next, null) : (profile, StoreRules.NoSuchStore);
    }

    /// <summary>The reader, deleted by its merchant.</summary>
    public static ReaderProfile Unpair(ReaderProfile profile) => profile with { Status = PairingStatus.Removed };

    /// <summary>The reader after its device was paired anew.</summary>
    public static ReaderProfile LoseDevice(ReaderProfile profile) =>
        profile with { Status = PairingStatus.Expired };
}

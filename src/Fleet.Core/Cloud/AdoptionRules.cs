using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>What a reader makes of a pairing of its device in SumUp's cloud.</summary>
/// <param name="Kind">What the pairing is for it.</param>
/// <param name="Next">Its new profile; null when nothing changes.</param>
/// <param name="Refusal">Why it does not take the pairing.</param>
public sealed record AdoptionDecision(Adoption Kind, ReaderProfile? Next = null, Refusal? Refusal = null);

/// <summary>
/// When a reader becomes one of SumUp's cloud, or goes on with a new pairing there. Its id, its store, its tags and its
/// history stay.
/// </summary>
public static class AdoptionRules
{
    /// <summary>The profile of a new reader for a reader of the cloud.</summary>
    /// <param name="listed">The cloud's reader.</param>
    /// <param name="reach">The merchant.</param>
    /// <param name="store">Its store.</param>
    /// <param name="tags">Its tags.</param>
    /// <param name="now">The time.</param>
    public static ReaderProfile MakeProfile(
        ListedReader listed, Reach reach, string store, IReadOnlyList<string> tags, DateTimeOffset now) => new()
        {
            MerchantCode = reach.MerchantCode,
            Store = store,
            Name = listed.Name,
            Tags = tags,
            Device = listed.Device,
            Status = listed.Status,
            CreatedAt = now,
            UpdatedAt = now,
            CloudReaderId = listed.Id,
        };

    /// <summary>Decides what a reader makes of a pairing.</summary>
    /// <param name="profile">The reader's profile; null before it is made.</param>
    /// <param name="reader">The reader; null before it is made.</param>
    /// <param name="wanted">The profile that a new reader would have, with the pairing.</param>
    /// <param name="caller">What the key that pairs reaches.</param>
    /// <param name="now">The time.</param>
    public static AdoptionDecision TakePairing(
        ReaderProfile? profile, Reader? reader, ReaderProfile wanted, Reach caller, DateTimeOffset now)
    {
        if (profile is null || reader is null) return new(Adoption.New, wanted);
        if (profile.Status is PairingStatus.Removed) return new(Adoption.Over);
        var isOver = profile.StatusAt(now) is PairingStatus.Expired;
        if (profile.MerchantCode != wanted.MerchantCode)
            return isOver ? new(Adoption.Over) : new(Adoption.PairedAnew, Refusal: Refusal.PairedElsewhere);
        if (!caller.CoversReader(profile)) return new(Adoption.PairedAnew, Refusal: Refusal.PairedElsewhere);
        if (profile.CloudReaderId == wanted.CloudReaderId) return new(Adoption.Known, Confirm(profile, wanted, isOver));
        var named = new NamedReader(reader.Id, profile.Name);
        if (profile.CloudReaderId is null && reader.Online)
            return new(Adoption.PairedAnew, Refusal: Refusal.DeviceConnected(named));
        return reader.Open is { } open
            ? new(Adoption.PairedAnew, Refusal: Refusal.DeviceHasCheckout(named, ReaderRules.HolderOf(open)))
            : new(Adoption.PairedAnew, BeginPairing(profile, wanted, now));
    }

    /// <summary>Takes what the cloud's list says of a pairing.</summary>
    /// <param name="profile">The reader's profile.</param>
    /// <param name="cloudReaderId">The pairing.</param>
    /// <param name="status">Paired, or expired when the list does not have it any more.</param>
    /// <returns>The new profile; null when nothing changes, as for a pairing that the reader does not have.</returns>
    public static ReaderProfile? TakeStatus(ReaderProfile profile, string cloudReaderId, PairingStatus status) =>
        profile.CloudReaderId == cloudReaderId && profile.Status is not PairingStatus.Removed
        && profile.Status != status
            ? profile with { Status = status }
            : null;

    private static ReaderProfile? Confirm(ReaderProfile profile, ReaderProfile wanted, bool isOver)
    {
        if (wanted.Status is PairingStatus.Paired)
            return profile.Status is PairingStatus.Paired ? null : profile with { Status = wanted.Status };
        return isOver ? profile with { Status = wanted.Status, PairedAt = wanted.CreatedAt } : null;
    }

    private static ReaderProfile BeginPairing(ReaderProfile profile, ReaderProfile wanted, DateTimeOffset now) =>
        profile with
        {
            CloudReaderId = wanted.CloudReaderId,
            Status = wanted.Status,
            Device = wanted.Device,
            PairedAt = now,
        };
}

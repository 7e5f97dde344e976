using Fleet.Core.Readers;

namespace Fleet.Core.Cloud;

/// <summary>
/// What a reader of SumUp's cloud is for Fleet. New members go to the end: nodes of different versions tell each other
/// the number.
/// </summary>
public enum Adoption
{
    /// <summary>No reader of Fleet has its device: it becomes a new reader.</summary>
    New,

    /// <summary>It is a reader of Fleet already.</summary>
    Known,

    /// <summary>Its device was paired anew: the reader of Fleet that has it goes on with the new pairing.</summary>
    PairedAnew,

    /// <summary>No device is paired with it.</summary>
    NotPaired,

    /// <summary>
    /// The reader of Fleet that has its device is over: it was deleted, or is another merchant's and has lost it.
    /// </summary>
    Over,
}

/// <summary>What happens to a reader of Fleet because of the cloud's list.</summary>
public enum RosterChange
{
    /// <summary>Its device has confirmed the pairing.</summary>
    Confirmed,

    /// <summary>Its device was paired anew, under another id of the cloud.</summary>
    PairedAnew,

    /// <summary>Its pairing is over: it was deleted in the cloud, or its device is paired elsewhere.</summary>
    Lost,
}

/// <summary>A reader of Fleet with its profile.</summary>
public sealed record KnownReader(string Id, ReaderProfile Profile);

/// <summary>A change of one reader.</summary>
/// <param name="Reader">The reader of Fleet.</param>
/// <param name="Change">What happens to it.</param>
/// <param name="Listed">The cloud's reader; null when it is not in the list.</param>
public sealed record RosterFinding(KnownReader Reader, RosterChange Change, ListedReader? Listed);

/// <summary>The differences between Fleet's readers and the cloud's.</summary>
/// <param name="Findings">What has changed.</param>
/// <param name="Adoptable">How many of the cloud's readers Fleet does not have.</param>
public sealed record RosterReport(IReadOnlyList<RosterFinding> Findings, int Adoptable);

/// <summary>
/// Compares Fleet's readers of a merchant with those that the cloud has for it. The cloud's id names a pairing; a
/// device keeps its serial number, so by that its reader is found again.
/// </summary>
public static class RosterRules
{
    /// <summary>Whether the cloud's reader has a device, or is about to get one.</summary>
    public static bool IsPaired(ListedReader listed) =>
        listed.Status is PairingStatus.Paired or PairingStatus.Processing;

    /// <summary>The differences. The same two lists always have the same ones.</summary>
    /// <param name="known">All readers of the merchant that Fleet has, also those that are not in the cloud.</param>
    /// <param name="listed">All readers that the cloud has. They must have been read after the others.</param>
    /// <param name="now">The time.</param>
    public static RosterReport Compare(
        IReadOnlyList<KnownReader> known, IReadOnlyList<ListedReader> listed, DateTimeOffset now)
    {
        var here = listed.DistinctBy(one => one.Id).ToDictionary(one => one.Id);
        var ours = known.Select(one => one.Profile.CloudReaderId).OfType<string>().ToHashSet();
        var fresh = here.Values.Where(one => IsPaired(one) && !ours.Contains(one.Id)).ToList();
        var findings = new List<RosterFinding>();
        foreach (var reader in known)
        {
            if (reader.Profile.CloudReaderId is not { } id) continue;
            var one = here.GetValueOrDefault(id);
            if (FindChange(reader, one, fresh, now) is not { } finding) continue;
            findings.Add(finding);
            if (finding is { Change: RosterChange.PairedAnew, Listed: { } anew }) fresh.Remove(anew);
        }
        return new(findings, fresh.Count);
    }

    private static RosterFinding? FindChange(
        KnownReader reader, ListedReader? here, List<ListedReader> fresh, DateTimeOffset now)
    {
        var status = reader.Profile.StatusAt(now);
        if (here is not null && IsPaired(here))
            return here.Status is PairingStatus.Paired && status is not PairingStatus.Paired
                ? new(reader, RosterChange.Confirmed, here)
                : null;
        if (fresh.Find(one => one.Serial == reader.Profile.Device.Serial) is { } anew)
            return new(reader, RosterChange.PairedAnew, anew);
        return status is PairingStatus.Paired ? new(reader, RosterChange.Lost, here) : null;
    }
}

using System.Diagnostics.Metrics;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>The measurements of stores. The number of label values is the number of stores.</summary>
internal static class StoreMeasures
{
    /// <summary>How many versions of firmware have their own label value; the others are counted together.</summary>
    public const int MaxFirmware = 20;

    private const string Other = "other";

    /// <summary>Readers by state; a state without readers counts 0.</summary>
    public static IEnumerable<Measurement<int>> MeasureReaders(this LocalStore store, DateTimeOffset now)
    {
        var (counts, (merchant, name)) = (store.CountReaders(now), StoreKey.SplitKey(store.Key));
        return [Of("free", counts.Free), Of("busy", counts.Busy), Of("offline", counts.Offline),
            Of("unpaired", counts.Unpaired), Of("silent", counts.Silent), Of("unknown", counts.Unknown)];

        Measurement<int> Of(string state, int readers) =>
            new(readers, new("merchant", merchant), new("store", name), new("state", state));
    }

    /// <summary>Open checkouts of which it is not known what SumUp's cloud did.</summary>
    public static int CountUnknown(this LocalStore store) =>
        store.Board.Lines.Count(line => line.State.Open is { Doubt: not null });

    /// <summary>Tills in the queue.</summary>
    public static Measurement<int> MeasureWaiting(this LocalStore store)
    {
        var (merchant, name) = StoreKey.SplitKey(store.Key);
        return new(store.Queue.Count, new("merchant", merchant), new("store", name));
    }

    /// <summary>
    /// Readers by firmware. Devices may report any version, so only the most frequent ones are named.
    /// </summary>
    public static IEnumerable<Measurement<int>> MeasureFirmware(IEnumerable<LocalStore> stores)
    {
        var versions = stores.SelectMany(store => store.Board.Lines).CountBy(line => line.Firmware)
            .OrderByDescending(version => version.Value)
            .ThenBy(version => version.Key, StringComparer.Ordinal).ToList();
        foreach (var (version, readers) in versions.Take(MaxFirmware)) yield return new(readers, MakeLabel(version));
        var others = versions.Skip(MaxFirmware).Sum(version => version.Value);
        if (others > 0) yield return new(others, MakeLabel(Other));
    }

    private static KeyValuePair<string, object?> MakeLabel(string firmware) => new("firmware", firmware);
}

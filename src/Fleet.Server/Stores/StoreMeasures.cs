using System.Diagnostics.Metrics;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>A store in measurements. The labels are as many as there are stores, and no more.</summary>
internal static class StoreMeasures
{
    /// <summary>Versions of firmware that are named; the others count together.</summary>
    public const int MaxFirmware = 20;

    private const string Other = "other";

    /// <summary>Readers by state, each state also when there is none.</summary>
    public static IEnumerable<Measurement<int>> MeasureReaders(this LocalStore store, DateTimeOffset now)
    {
        var (counts, (merchant, name)) = (store.CountReaders(now), StoreKey.SplitKey(store.Key));
        return [Of("free", counts.Free), Of("busy", counts.Busy), Of("offline", counts.Offline),
            Of("unpaired", counts.Unpaired), Of("silent", counts.Silent)];

        Measurement<int> Of(string state, int readers) =>
            new(readers, new("merchant", merchant), new("store", name), new("state", state));
    }

    /// <summary>Tills in the queue.</summary>
    public static Measurement<int> MeasureWaiting(this LocalStore store)
    {
        var (merchant, name) = StoreKey.SplitKey(store.Key);
        return new(store.Queue.Count, new("merchant", merchant), new("store", name));
    }

    /// <summary>Readers by firmware: devices say what they run, so the most frequent versions are named.</summary>
    public static IEnumerable<Measurement<int>> MeasureFirmware(IEnumerable<LocalStore> stores)
    {
        var versions = stores.SelectMany(store => store.Board.Lines).CountBy(line => line.Pairing.Device.Firmware)
            .OrderByDescending(version => version.Value)
            .ThenBy(version => version.Key, StringComparer.Ordinal).ToList();
        foreach (var (version, readers) in versions.Take(MaxFirmware)) yield return new(readers, MakeLabel(version));
        var others = versions.Skip(MaxFirmware).Sum(version => version.Value);
        if (others > 0) yield return new(others, MakeLabel(Other));
    }

    private static KeyValuePair<string, object?> MakeLabel(string firmware) => new("firmware", firmware);
}

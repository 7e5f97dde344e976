using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Simulator;

namespace Fleet.Torture.Checking;

/// <summary>
/// The folder of a run: what was planned, what the tills did, what receivers were told and what was done to the
/// servers, the devices' journals and a copy of the ledger.
/// </summary>
internal sealed class RunFolder(string path)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public string Journals => Path.Combine(path, "journals");

    public void Write(Plan plan, IEnumerable<Call> calls, IEnumerable<Post> posts, IEnumerable<Fault> faults)
    {
        Write("plan", [plan]);
        Write("calls", calls.OrderBy(call => call.AskedAt));
        Write("posts", posts);
        Write("faults", faults);
    }

    /// <summary>What the proxy and the cloud saw, for who looks at a run that failed.</summary>
    public void Write(CloudHistory cloud)
    {
        Write("cloud-plan", [cloud.Plan]);
        Write("cloud-checkouts", cloud.Checkouts);
        Write("cloud-calls", cloud.Calls);
        Write("cloud-sales", cloud.Sales);
    }

    /// <summary>Takes a copy of the ledger, so that the run can be looked at when its database is gone.</summary>
    public async Task CopyLedger(string postgres)
    {
        await using var ledger = new LedgerTables(postgres);
        Write("ledger", await ledger.Entries());
        Write("checkouts", await ledger.Checkouts());
        Write("keys", await ledger.Keys());
        Write("events", await ledger.Events());
        Write("totals", await ledger.Totals());
        Write("counted", await ledger.Counted());
    }

    /// <summary>All sides of the run; of devices those that are Fleet's own.</summary>
    public History Read() => new()
    {
        Plan = Read<Plan>("plan").Single(),
        Calls = Read<Call>("calls"),
        Faults = Read<Fault>("faults"),
        Devices = Directory.Exists(Journals)
            ? [.. Directory.GetFiles(Journals, "*.json").Order(StringComparer.Ordinal).Select(Device)] : [],
        Ledger = Read<Entry>("ledger"),
        Checkouts = Read<CheckoutRow>("checkouts"),
        Keys = Read<KeyRow>("keys"),
        Events = Read<EventRow>("events"),
        Posts = Read<Post>("posts"),
        Totals = Read<TotalRow>("totals"),
        Counted = Read<TotalRow>("counted"),
    };

    private DeviceMemory Device(string file)
    {
        var serial = Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(file));
        var journal = Journal.Open(Journals, serial);
        return new(serial, journal.ReaderId, journal.Charges, journal.Results.Count, journal.Refused.Count);
    }

    private void Write<T>(string name, IEnumerable<T> records) =>
        File.WriteAllLines(FileOf(name), records.Select(record => JsonSerializer.Serialize(record, Json)));

    private T[] Read<T>(string name) => [.. File.ReadLines(FileOf(name)).Select(line =>
        JsonSerializer.Deserialize<T>(line, Json) ?? throw new JsonException("Null where a record should be."))];

    private string FileOf(string name) => Path.Combine(path, name + ".jsonl");
}

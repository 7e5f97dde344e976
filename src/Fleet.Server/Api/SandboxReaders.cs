using Fleet.Core;
using Fleet.Server.Settings;
using Fleet.Simulator;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Api;

/// <summary>Six virtual readers in this process. They connect over the network like any other device.</summary>
internal sealed class SandboxReaders(
    IOptions<FleetOptions> options, TimeProvider time, ILogger<SandboxReaders> log)
{
    /// <summary>How many there are; the first <see cref="Named"/> are paired, the others show a pairing code.</summary>
    public const int Count = 6;

    /// <summary>The stores of the sandbox, with their names.</summary>
    public static readonly IReadOnlyList<(string Store, string Name)> Stores =
        [("store-1", "Store 1"), ("store-2", "Store 2")];

    /// <summary>The names of the paired ones, with their stores.</summary>
    public static readonly IReadOnlyList<(string Name, string Store)> Named =
    [
        ("Store 1 lane 1", "store-1"), ("Store 1 lane 2", "store-1"),
        ("Store 2 lane 1", "store-2"), ("Store 2 lane 2", "store-2"),
    ];

    /// <summary>The readers, in the order of their serial numbers.</summary>
    public IReadOnlyList<VirtualReader> All { get; private set; } = [];

    /// <summary>The reader with this number, and the code that it shows.</summary>
    /// <param name="number">1 to <see cref="Count"/>.</param>
    public (string Serial, string Code, Refusal? Refusal) FindCode(int number)
    {
        if (number is < 1 or > Count) return ("", "", Refusal.InvalidFields([new("number", $"must be 1 to {Count}")]));
        if (All.Count == 0) return ("", "", Refusal.TestRefused("This node runs no readers of the sandbox"));
        var reader = All[number - 1].Snapshot;
        if (reader.PairingCode is { } code) return (reader.Serial, code, null);
        return (reader.Serial, "", Refusal.TestRefused(reader.ReaderId is null
            ? $"{reader.Serial} shows no code yet"
            : $"{reader.Serial} shows no code: it is paired as {reader.Name ?? reader.ReaderId}"));
    }

    /// <summary>
    /// Makes the readers, which connect to <paramref name="link"/>. While their journals cannot be read there are none.
    /// </summary>
    public async Task MakeReaders(Uri link, CancellationToken cancel)
    {
        var told = "";
        while (All.Count == 0)
        {
            try
            {
                All = [.. Enumerable.Range(1, Count).Select(number => MakeReader(number, link))];
            }
            catch (JournalException e)
            {
                if (told != e.Message) log.ReadersNotMade(told = e.Message);
                await Task.Delay(ReaderRecovery.Again, time, cancel);
            }
        }
    }

    /// <summary>Runs the readers until <paramref name="cancel"/>.</summary>
    public Task RunReaders(CancellationToken cancel) =>
        Task.WhenAll(All.Select(reader => reader.RunThroughTrouble(time, log, cancel)));

    private VirtualReader MakeReader(int number, Uri link) => new(new()
    {
        Serial = $"VIRTUAL-SOLO-{number:00}",
        Server = link,
        Seed = number,
        JournalFolder = Path.Combine(options.Value.Data, "readers"),
    }, time);
}

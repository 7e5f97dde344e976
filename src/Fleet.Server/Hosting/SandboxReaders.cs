using Fleet.Protocol;
using Fleet.Server.Settings;
using Fleet.Simulator;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>Six virtual readers in this process. They connect over the network like any other device.</summary>
internal sealed class SandboxReaders(IOptions<FleetOptions> options, TimeProvider time)
{
    /// <summary>How many there are; the first <see cref="Named"/> are paired, the others show a pairing code.</summary>
    private const int Count = 6;

    /// <summary>The names of the paired ones.</summary>
    public static readonly IReadOnlyList<string> Named =
        ["Store 1 lane 1", "Store 1 lane 2", "Store 2 lane 1", "Store 2 lane 2"];

    /// <summary>The readers, in the order of their serial numbers.</summary>
    public IReadOnlyList<VirtualReader> All { get; private set; } = [];

    /// <summary>Runs the readers until <paramref name="cancel"/>.</summary>
    public Task RunReaders(Uri node, CancellationToken cancel)
    {
        var journals = Path.Combine(options.Value.Data, "readers");
        var link = new UriBuilder(node) { Scheme = "ws", Path = Link.Path }.Uri;
        All = [.. Enumerable.Range(1, Count).Select(number => new VirtualReader(new()
        {
            Serial = $"VIRTUAL-SOLO-{number:00}",
            Server = link,
            Seed = number,
            JournalFolder = journals,
        }, time))];
        return Task.WhenAll(All.Select(reader => reader.RunAsync(cancel)));
    }
}

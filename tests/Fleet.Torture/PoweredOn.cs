using System.Net;
using Fleet.Simulator;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>A virtual reader that is switched on and paired, with its journal on disk.</summary>
internal sealed class PoweredOn : IAsyncDisposable
{
    private readonly CancellationTokenSource _power = new();
    private readonly VirtualReader _reader;
    private readonly Task _running;

    private PoweredOn(VirtualReader reader)
    {
        _reader = reader;
        _running = reader.RunAsync(_power.Token);
    }

    public IReadOnlyList<Charge> Charges => _reader.Journal.Charges;

    public static async Task<PoweredOn> Reader(ServerProcess server)
    {
        var device = new PoweredOn(new(new()
        {
            Serial = "VIRTUAL-1",
            Server = server.LinkAddress,
            Scenario = Scenario.Approve,
            Pace = 0.05,
            LongestRedial = TimeSpan.FromSeconds(0.5), // no connection lasts here, and no wait is worth anything
            JournalFolder = Path.Combine(server.Folder, "journal"),
        }, TimeProvider.System));
        await Eventually.Equal(true, () => Task.FromResult(device._reader.Snapshot.PairingCode is not null));
        using var answer = await server.Till.Post(
            "readers", new { pairing_code = device._reader.Snapshot.PairingCode, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ReaderId();
        return device;
    }

    /// <summary>
    /// The reader id, once the device is welcome: after a crash of the server it has to dial again first.
    /// </summary>
    public async Task<string> ReaderId()
    {
        await Eventually.Equal(true, () => Task.FromResult(_reader.Snapshot.Welcomed));
        return _reader.Snapshot.ReaderId ?? throw new InvalidOperationException("A welcome device has a reader id.");
    }

    /// <summary>Ends when the journal holds this many charges.</summary>
    public Task Charged(int count) => Eventually.Equal(true, () => Task.FromResult(Charges.Count >= count));

    public async ValueTask DisposeAsync()
    {
        await _power.CancelAsync();
        await _running;
        _power.Dispose();
    }
}

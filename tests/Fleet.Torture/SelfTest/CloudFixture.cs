using Fleet.Simulator;
using Fleet.Torture.Cloud;
using Fleet.Torture.Load;

namespace Fleet.Torture.SelfTest;

/// <summary>One stand-in for all tests of the proxy, one after the other, with a till that takes callbacks.</summary>
[CollectionDefinition(Name)]
public sealed class CloudFixture : IAsyncLifetime, ICollectionFixture<CloudFixture>
{
    public const string Name = "cloud";

    private const int Readers = 4;

    private StandInCloud? _cloud;
    private Receiver? _receiver;
    private int _sales;

    internal StandInCloud Cloud => _cloud ?? throw new InvalidOperationException("It is not running.");

    /// <summary>Takes everything.</summary>
    internal Receiver Receiver => _receiver ?? throw new InvalidOperationException("It is not running.");

    /// <summary>A reader whose customer takes a second or two.</summary>
    internal string SlowReader => Cloud.Readers[0];

    /// <summary>A reader whose customer pays at once.</summary>
    internal string Reader => Cloud.Readers[1];

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.Started((_, _) => Task.FromResult<int?>(200));
        _cloud = await StandInCloud.Started(
            Readers, number => number == 0 ? Scenario.Slow : Scenario.Solo, pace: 0.03);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cloud is not null) await _cloud.DisposeAsync();
        if (_receiver is not null) await _receiver.DisposeAsync();
    }

    /// <summary>A client; every fault and payment of the test before is over.</summary>
    internal async Task<CloudClient> Client()
    {
        Cloud.Proxy.Plan.Calm();
        Cloud.Proxy.Times = new();
        Cloud.Proxy.HidesOpenTransactions = false;
        await Cloud.Quiet();
        return new(Cloud);
    }

    internal string NewReference() => $"fleet-self-{Interlocked.Increment(ref _sales)}";
}

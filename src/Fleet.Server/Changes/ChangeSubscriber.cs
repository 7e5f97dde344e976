using Fleet.Server.Cluster;
using Fleet.Server.Storage;

namespace Fleet.Server.Changes;

/// <summary>
/// Asks the other nodes to tell this one what they commit, from the first watch on, and each that joins. Whenever a
/// node came or went something may have been missed, and all watches end.
/// </summary>
internal sealed class ChangeSubscriber(
    ChangeFeed feed, ChangeClient nodes, ILocalSiloDetails here, IClusterMembershipService cluster, TimeProvider time)
    : BackgroundService
{
    /// <summary>How often it looks, in memory, whether a node has joined or left.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly HashSet<SiloAddress> _asked = []; // and answered
    private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins a watch, of which every node knows.</summary>
    /// <exception cref="TooManyWatchesException">Too many are open.</exception>
    public async Task<Watch> Open(string merchantCode, Guid? checkoutId, CancellationToken cancel)
    {
        _wanted.TrySetResult();
        await _ready.Task.WaitAsync(cancel);
        return feed.Open(merchantCode, checkoutId);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _wanted.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await Ask();
            _ready.TrySetResult();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Asks the nodes that have not answered yet.</summary>
    private async Task Ask()
    {
        var active = cluster.CurrentSnapshot.Others(here).ToList();
        var fresh = active.Where(node => !_asked.Contains(node)).ToList();
        var gone = _asked.RemoveWhere(node => !active.Contains(node));
        var answers = await Task.WhenAll(fresh.Select(Ask));
        _asked.UnionWith(fresh.Where((_, i) => answers[i]));
        if (gone > 0 || answers.Contains(true)) feed.Interrupt();
    }

    private async Task<bool> Ask(SiloAddress node)
    {
        try
        {
            await nodes.On(node).Subscribe(here.SiloAddress);
            return true;
        }
        catch (Exception e) when (Outage.Is(e)) // Orleans also gives up by itself while nodes come and go
        {
            return false;
        }
    }
}

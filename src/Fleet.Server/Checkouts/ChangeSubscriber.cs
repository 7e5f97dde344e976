
namespace Fleet.Server.Checkouts;

/// <summary>
/// Asks the other nodes to tell this one what they commit, from the first watch on, and again and again. When one came,
/// left or does not answer, something may have been missed, and all watches end: what a node commits as it dies is
/// looked up as soon as it is silent, long before the cluster has agreed that it is dead.
/// </summary>
internal sealed class ChangeSubscriber(
    ChangeFeed feed, ChangeClient nodes, ILocalSiloDetails here, IClusterMembershipService cluster, TimeProvider time)
    : BackgroundService
{
    /// <summary>How often each node is asked.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often watches end while a node is silent: what was on its way when it fell silent may be committed now. Far
    /// more often than what a stream goes back by when it reads again.
    /// </summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HashSet<SiloAddress> _others = [], _silent = [];
    private long _looked;

    /// <summary>Begins a watch, of which every node knows.</summary>
    /// <exception cref="TooManyWatchesException">Too many are open.</exception>
    public async Task<ChangeWatch> OpenWatch(string merchantCode, Guid? checkoutId, CancellationToken cancel)
    {
        _wanted.TrySetResult();
        await _ready.Task.WaitAsync(cancel);
        return feed.OpenWatch(merchantCode, checkoutId);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _wanted.Task.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await AskNodes();
            _ready.TrySetResult();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task AskNodes()
    {
        var others = cluster.CurrentSnapshot.OthersAlive(here).ToList();
        var answers = await Task.WhenAll(others.Select(nodes.SubscribeTo));
        var silent = others.Where((_, i) => answers[i] is null).ToHashSet();
        var isNews = answers.Contains(true) || !_others.SetEquals(others) || !_silent.SetEquals(silent);
        (_others, _silent) = ([.. others], silent);
        if (!isNews && (silent.Count == 0 || time.GetElapsedTime(_looked) < LookAgain)) return;
        _looked = time.GetTimestamp();
        feed.EndWatches();
    }
}


namespace Fleet.Server.Checkouts;

/// <summary>
/// Subscribes to the events of the other nodes, from the first watch on, and renews that again and again. When a node
/// came, left or does not answer, events may have been missed, so all watches end and read the ledger. So events that a
/// dying node commits are read as soon as it is silent, long before the cluster declares it dead.
/// </summary>
internal sealed class ChangeSubscriber(
    ChangeFeed feed, ChangeClient nodes, ILocalSiloDetails here, IClusterMembershipService cluster, TimeProvider time)
    : BackgroundService
{
    /// <summary>How often each subscription is renewed.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often watches end while a node is silent, because a commit that was under way may be done now. Must be
    /// shorter than the time by which a stream goes back when it reads again.
    /// </summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HashSet<SiloAddress> _others = [], _silent = [];
    private long _looked;

    /// <summary>Begins a watch; every node is subscribed to before that.</summary>
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

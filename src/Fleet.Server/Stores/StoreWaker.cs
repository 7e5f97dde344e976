using Fleet.Server.Access;
using Fleet.Server.Grains;







namespace Fleet.Server.Stores;

/// <summary>
/// Activates the stores that are not active after a node left. Most stores are activated by their readers. A store
/// whose readers are all offline gets no call, and its offline readers would be missing in the counts.
/// </summary>
internal sealed class StoreWaker(
    StoreDirectory stores, MerchantDirectory merchants, IGrainFactory grains, IClusterMembershipService cluster,
    ILocalSiloDetails here, TimeProvider time, ILogger<StoreWaker> log) : BackgroundService
{
    /// <summary>How often the cluster is checked: by then most readers have activated their stores.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>How long the stores of a merchant may take.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        MembershipVersion? done = null;
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // off the timer's thread
            var snapshot = cluster.CurrentSnapshot;
            if (snapshot.Version == done) continue;
            if (!IsOurs(snapshot) || await WakeStores(stoppingToken)) done = snapshot.Version;
        }
    }

    /// <summary>Whether this node does it: one node does it for all.</summary>
    private bool IsOurs(ClusterMembershipSnapshot snapshot) => here.SiloAddress.Equals(snapshot.ActiveNodes().Min());

    /// <summary>Whether every store has answered; otherwise they are called again.</summary>
    private async Task<bool> WakeStores(CancellationToken cancel)
    {
        try
        {
            var answered = true;
            foreach (var code in merchants.Codes)
            {
                var keys = (await stores.ListOpen(new(code), cancel)).Select(store => StoreKey.ForStore(code, store.Id))
                    .ToList();
                var outcomes = await grains.GetGrain<IFleetGatewayGrain>(0).CountReaders(keys, Deadline);
                answered &= outcomes.All(outcome => outcome.Error is null);
            }
            return answered;
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            log.RollCallFailed(e.GetBaseException().Message);
            return false;
        }
    }
}

internal static partial class StoresLog
{
    [LoggerMessage(2200, LogLevel.Warning, "Stores could not be called; they are called again later: {Why}")]
    public static partial void RollCallFailed(this ILogger log, string why);

    [LoggerMessage(2201, LogLevel.Warning,
        "How readers are could not be stored for this half hour, or old rows could not be deleted: {Why}")]
    public static partial void SampleLost(this ILogger log, string why);
}

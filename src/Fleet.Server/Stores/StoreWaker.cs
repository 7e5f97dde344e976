using Fleet.Server.Access;
using Fleet.Server.Grains;







namespace Fleet.Server.Stores;

/// <summary>
/// Wakes the stores that nobody has heard of since a node left. Others are woken by their readers; one whose readers
/// are all offline would be seen by nobody just when somebody should look at it.
/// </summary>
internal sealed class StoreWaker(
    StoreDirectory stores, MerchantDirectory merchants, IGrainFactory grains, IClusterMembershipService cluster,
    ILocalSiloDetails here, TimeProvider time, ILogger<StoreWaker> log) : BackgroundService
{
    /// <summary>Between two looks at who is in the cluster: by then most readers are back by themselves.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>How long the stores of a merchant are waited for.</summary>
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

    /// <summary>One node does it for all.</summary>
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
    [LoggerMessage(2200, LogLevel.Warning, "Stores could not be called, and are again later: {Why}")]
    public static partial void RollCallFailed(this ILogger log, string why);
}

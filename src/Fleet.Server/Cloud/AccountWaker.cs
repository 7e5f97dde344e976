using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Keeps the accounts of linked merchants active, so that they compare readers also when no till calls. One node does
/// it for all. An account of a merchant that is not linked does nothing.
/// </summary>
internal sealed class AccountWaker(
    MerchantDirectory merchants, IGrainFactory grains, IClusterMembershipService cluster, ILocalSiloDetails here,
    TimeProvider time, ILogger<AccountWaker> log) : BackgroundService
{
    /// <summary>How long an account may sleep after a node left.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // off the timer's thread
            if (!here.SiloAddress.Equals(cluster.CurrentSnapshot.ActiveNodes().Min())) continue;
            await WakeAccounts(stoppingToken);
        }
    }

    private async Task WakeAccounts(CancellationToken cancel)
    {
        try
        {
            foreach (var code in merchants.Codes) await grains.GetGrain<ICloudAccountGrain>(code).KeepUp();
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            log.WakingFailed(e.GetBaseException().Message);
        }
    }
}

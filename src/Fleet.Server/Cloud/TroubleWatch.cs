using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reports regularly what the accounts of this node say about SumUp's cloud, and keeps what those of all nodes say. A
/// node whose accounts make no calls asks nothing.
/// </summary>
internal sealed class TroubleWatch(
    CloudClients clients, IGrainFactory grains, ILocalSiloDetails here, TimeProvider time, ILogger<TroubleWatch> log)
    : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>What all nodes said at this node's last report.</summary>
    public CloudTrouble Latest { get; private set; } = CloudTrouble.None;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var reported = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // off the timer's thread
            var (calling, suspect) = (clients.CountIn(AccountState.Healthy), clients.CountIn(AccountState.Suspect));
            calling += suspect;
            if (calling == 0 && !reported) continue;
            try
            {
                Latest = await grains.GetGrain<ICloudTroubleGrain>(0).ReportAccounts(here.Name, calling, suspect);
                reported = calling > 0;
            }
            catch (Exception e) when (TransientFailure.Is(e) && !stoppingToken.IsCancellationRequested)
            {
                log.TroubleUnreported(e.GetBaseException().Message);
            }
        }
    }
}

using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reminds linked merchants of what is not finished, because the node that had begun it may be gone. All nodes do it,
/// and a reminder of what goes on changes nothing.
/// </summary>
internal sealed class CloudSweeper(
    MerchantDirectory merchants, IGrainFactory grains, TimeProvider time, ILogger<CloudSweeper> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var linked = merchants.Codes
            .Where(code => merchants.FindMerchant(code) is { SumUp.ApiKey: not null }).ToList();
        using var timer = new PeriodicTimer(Period, time);
        while (linked.Count > 0 && await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var code in linked) await Remind(code, stoppingToken);
    }

    private async Task Remind(string merchantCode, CancellationToken cancel)
    {
        try
        {
            await grains.GetGrain<IOpenRefundsGrain>(merchantCode).RemindAll().WaitAsync(cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            log.ReminderPutOff(merchantCode, e.GetBaseException().Message); // the next round tries again
        }
    }
}

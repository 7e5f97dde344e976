using System.Globalization;
using Fleet.Core.Cloud;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reminds linked merchants of refunds that are not finished, because the node that had begun them may be gone, and
/// compares each day with the cloud after it. All nodes do it: what goes on or was done is not done again.
/// </summary>
internal sealed class CloudSweeper(
    MerchantDirectory merchants, IGrainFactory grains, IOptions<FleetOptions> options, ReconcileMeter meter,
    TimeProvider time, ILogger<CloudSweeper> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>The days of merchants that are known to be compared.</summary>
    private readonly Dictionary<string, CloudDay> _compared = [];

    private readonly TimeOnly? _reconcileAt = options.Value.Cloud.ReconcileAt is { Length: > 0 } text
        ? TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture)
        : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        meter.StartAtZero();
        var live = merchants.Codes
            .Where(code => merchants.FindMerchant(code) is { Rules.Sandbox: false }).ToList();
        using var timer = new PeriodicTimer(Period, time);
        while (live.Count > 0 && await timer.WaitForNextTickAsync(stoppingToken))
            foreach (var code in live)
            {
                if (!await IsLinked(code, stoppingToken)) continue;
                await RemindOfRefunds(code, stoppingToken);
                if (_reconcileAt is { } at && CloudDay.FindDue(at, time.Now()) is { } day)
                    await CompareDay(code, day, stoppingToken);
            }
    }

    /// <summary>Whether a merchant is linked now; false when that is not known, so that the next round asks.</summary>
    private async Task<bool> IsLinked(string merchantCode, CancellationToken cancel)
    {
        try
        {
            return await grains.GetGrain<ICloudAccountGrain>(merchantCode).IsLinked().WaitAsync(cancel);
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task RemindOfRefunds(string merchantCode, CancellationToken cancel)
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

    private async Task CompareDay(string merchantCode, CloudDay day, CancellationToken cancel)
    {
        if (_compared.GetValueOrDefault(merchantCode) == day) return;
        try
        {
            var grain = grains.GetGrain<IReconcileGrain>($"{merchantCode}/{day}");
            if (await grain.EnsureDay().WaitAsync(cancel)) _compared[merchantCode] = day;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            log.ComparisonPutOff(merchantCode, $"{day}", e.GetBaseException().Message);
        }
    }
}

namespace Fleet.Server.Access;

/// <summary>
/// Reads merchants that were made or changed over the API, on this node or another one: before the node starts, and
/// then so often that a change counts everywhere within 5 s.
/// </summary>
internal sealed class MerchantRefresh(
    IMerchants saved, MerchantDirectory directory, TimeProvider time, ILogger<MerchantRefresh> log) : BackgroundService
{
    /// <summary>Merchants that are read at once.</summary>
    private const int PageSize = 500;

    /// <summary>How often changes are read. With the time that the read takes, a change counts within 5 s.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private long _known;

    /// <exception cref="LedgerUnavailableException">The database did not answer: the node must not start.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadChanges(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failed = false;
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // off the timer's thread
            try
            {
                await ReadChanges(stoppingToken);
                if (failed) log.MerchantsReadAgain();
                failed = false;
            }
            catch (Exception e) when (TransientFailure.Is(e) && !stoppingToken.IsCancellationRequested)
            {
                if (!failed) log.MerchantsNotRead(e.GetBaseException().Message);
                failed = true;
            }
        }
    }

    private async Task ReadChanges(CancellationToken cancel)
    {
        while (true)
        {
            var changed = await saved.ReadChanges(_known, PageSize, cancel);
            foreach (var (change, merchant) in changed)
            {
                if (!directory.Learn(merchant)) log.MerchantIsConfigured(merchant.Code);
                _known = change;
            }
            if (changed.Count < PageSize) return;
        }
    }
}

internal static partial class MerchantLog
{
    [LoggerMessage(2900, LogLevel.Warning,
        "Changes of merchants could not be read; those that are known stay in use: {Why}")]
    public static partial void MerchantsNotRead(this ILogger log, string why);

    [LoggerMessage(2901, LogLevel.Information, "Changes of merchants are read again.")]
    public static partial void MerchantsReadAgain(this ILogger log);

    [LoggerMessage(2902, LogLevel.Warning,
        "Merchant {Merchant} was made over the API and is in the configuration too; the configuration counts.")]
    public static partial void MerchantIsConfigured(this ILogger log, string merchant);
}

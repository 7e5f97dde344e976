namespace Fleet.Server.Stores;

/// <summary>
/// Stores once in each half hour how the readers of this node's stores are, for the picture of a reader's day. A sample
/// that cannot be stored is lost, and is a gap in the picture. Nothing waits for it.
/// </summary>
internal sealed class BoardSampler(
    LocalStores stores, IBoardSamples samples, TimeProvider time, ILogger<BoardSampler> log) : BackgroundService
{
    /// <summary>The time between two samples.</summary>
    public static readonly TimeSpan Slot = TimeSpan.FromMinutes(30);

    /// <summary>Readers in the row of one store. A store with more readers has gaps for the others.</summary>
    public const int MaxReaders = 500;

    /// <summary>How often this node checks whether a new half hour began, and deletes old rows.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>How long samples are kept.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    /// <summary>Rows of one statement, and old rows that are deleted in one round.</summary>
    private const int MaxRows = 100, MaxForgotten = 500;

    /// <summary>The half hour that a time is in, by its begin.</summary>
    public static DateTimeOffset SlotOf(DateTimeOffset at) => new(at.Ticks - (at.Ticks % Slot.Ticks), TimeSpan.Zero);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        DateTimeOffset? last = null;
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.Yield(); // the SQLite calls run synchronously, and must not run in the timer's thread
            var slot = SlotOf(time.Now());
            try
            {
                if (slot != last) await AddSamples(slot);
                await samples.ForgetSamples(time.Now() - Kept, MaxForgotten, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.SampleLost(e.GetBaseException().Message);
            }
            last = slot;
        }
    }

    private async Task AddSamples(DateTimeOffset slot)
    {
        var now = time.Now();
        var rows = stores.All.Select(store => store.TakeSample(now, MaxReaders))
            .Where(sample => sample.Readers.Count > 0);
        foreach (var some in rows.Chunk(MaxRows)) await samples.AddSamples(slot, some);
    }
}

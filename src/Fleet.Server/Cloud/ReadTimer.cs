namespace Fleet.Server.Cloud;

/// <summary>Calls a grain when something must be read next, and keeps it active until then.</summary>
internal sealed class ReadTimer(Grain grain, Func<CancellationToken, Task> read, TimeProvider time)
{
    private IGrainTimer? _timer;

    /// <summary>Sets the time of the next call, in the place of one that was set before.</summary>
    public void SetNext(DateTimeOffset next)
    {
        var due = next - time.Now();
        _timer ??= grain.RegisterGrainTimer(read, new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
        {
            Interleave = true, KeepAlive = true,
        });
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}

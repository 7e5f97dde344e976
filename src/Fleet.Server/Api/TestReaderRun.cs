using Fleet.Simulator;

namespace Fleet.Server.Api;

/// <summary>A test reader that runs, until its pairing or the node ends.</summary>
internal sealed class TestReaderRun
{
    private readonly VirtualReader _reader;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _over;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _wasPaired;

    public TestReaderRun(VirtualReader reader, TimeProvider time, ILogger log, CancellationToken stopping)
    {
        (_reader, _time, _log, _wasPaired) = (reader, time, log, reader.Journal.ReaderId is not null);
        _over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        reader.Changed += _ => NoteChange();
    }

    /// <summary>The run, which never fails.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Switches the reader on.</summary>
    /// <param name="ended">Called when the run is over, with what went wrong.</param>
    public void Begin(Action<Exception?> ended) => Running = Run(ended);

    /// <summary>Switches the reader off for ever.</summary>
    public async Task Stop()
    {
        await _over.CancelAsync();
        await Running;
    }

    /// <summary>What the reader shows as soon as that is so.</summary>
    public async Task<Simulator.ReaderSnapshot> WaitUntil(
        Func<Simulator.ReaderSnapshot, bool> happened, CancellationToken cancel)
    {
        while (true)
        {
            var changed = _changed;
            if (_reader.Snapshot is var now && happened(now)) return now;
            await changed.Task.WaitAsync(cancel);
        }
    }

    private async Task Run(Action<Exception?> ended)
    {
        await Task.Yield();
        try
        {
            await _reader.RunThroughTrouble(_time, _log, _over.Token);
            ended(null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ended(e);
        }
        _over.Dispose();
    }

    /// <summary>The reader is quick to call this, inside its own work: the end comes by a timer.</summary>
    private void NoteChange()
    {
        var paired = _reader.Snapshot.ReaderId is not null;
        if (_wasPaired && !paired) _over.CancelAfter(TimeSpan.Zero);
        _wasPaired |= paired;
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}

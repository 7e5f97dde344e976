using System.Collections.Concurrent;

namespace Fleet.Server.Storage;

/// <summary>
/// Collects what is waiting to be stored and commits it together: while one group is being flushed to disk the next
/// one gathers, so that many readers share one flush and a lonely one still waits for nobody.
/// </summary>
/// <param name="commit">Stores a group in one transaction; returns one outcome per item, in order.</param>
internal sealed class GroupCommit(Func<IReadOnlyList<LedgerAppend>, AppendOutcome[]> commit) : IDisposable
{
    /// <summary>Items per transaction, so that one flush never grows without bound.</summary>
    public const int MaxGroup = 256;

    /// <summary>Items waiting; beyond that an append is refused rather than queued.</summary>
    public const int MaxWaiting = 4_096;

    private readonly BlockingCollection<Waiting> _queue = new(MaxWaiting);
    private Thread? _writer;

    /// <summary>Starts the writer's thread. The disk is slow and synchronous, so it gets a thread of its own.</summary>
    public void Start()
    {
        _writer = new Thread(Write) { Name = "ledger", IsBackground = true };
        _writer.Start();
    }

    /// <summary>Queues one append; the task ends when its group is on disk.</summary>
    public Task<AppendOutcome> Add(LedgerAppend append)
    {
        var waiting = new Waiting(append, new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            if (!_queue.TryAdd(waiting)) throw new LedgerUnavailableException("Too many appends are waiting.");
        }
        catch (InvalidOperationException e)
        {
            throw new LedgerUnavailableException("The ledger is closed.", e);
        }
        return waiting.Done.Task;
    }

    /// <summary>Commits what is still waiting, then ends the writer.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _writer?.Join();
        _queue.Dispose();
    }

    private void Write()
    {
        var group = new List<Waiting>(MaxGroup);
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            group.Add(first);
            while (group.Count < MaxGroup && _queue.TryTake(out var next)) group.Add(next);
            Commit(group);
            group.Clear();
        }
    }

    private void Commit(List<Waiting> group)
    {
        try
        {
            var outcomes = commit([.. group.Select(waiting => waiting.Append)]);
            for (var i = 0; i < outcomes.Length; i++) group[i].Done.SetResult(outcomes[i]);
        }
        catch (Exception e)
        {
            // The transaction may or may not be on disk: nobody is told anything but that.
            foreach (var waiting in group)
                waiting.Done.TrySetException(new LedgerUnavailableException("The commit failed.", e));
        }
    }

    private readonly record struct Waiting(LedgerAppend Append, TaskCompletionSource<AppendOutcome> Done);
}

using System.Diagnostics;
using Fleet.Server.Telemetry;

namespace Fleet.Server;

/// <summary>
/// Collects items to save and commits them together: while one group is flushed to disk, the next one is collected. So
/// many readers share one flush, and a single item is written at once. A second writer begins only when so much waits
/// that its group is worth a flush of its own: the database then works on one group while it flushes the other.
/// </summary>
internal sealed class GroupCommit<TItem, TOutcome> : IAsyncDisposable
{
    /// <summary>Items per transaction, so that a flush cannot grow without limit.</summary>
    public const int MaxGroup = 256;

    /// <summary>How many items may wait; further ones are refused.</summary>
    public const int MaxWaiting = 4_096;

    /// <summary>So many items must wait before a writer begins while another one writes.</summary>
    public const int WorthAnother = 24;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly Stack<Func<IReadOnlyList<TItem>, Task<TOutcome[]>>> _idle;
    private readonly int _writers;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closed;

    /// <param name="writers">
    /// Each saves a group in one transaction and returns one outcome per item, in order. One of them has one group at a
    /// time.
    /// </param>
    public GroupCommit(params IEnumerable<Func<IReadOnlyList<TItem>, Task<TOutcome[]>>> writers)
    {
        _idle = new(writers.Reverse());
        _writers = _idle.Count;
    }

    /// <summary>Queues one item; the task ends when its group is on disk.</summary>
    public Task<TOutcome> AddItem(TItem item)
    {
        var waiting = new Waiting(
            item, new(TaskCreationOptions.RunContinuationsAsynchronously), CheckoutTrace.Committing);
        lock (_gate)
        {
            if (_closed || _waiting.Count >= MaxWaiting)
                throw new LedgerUnavailableException("The node stops, or too much is waiting to be stored.")
                {
                    NothingSent = true,
                };
            _waiting.Enqueue(waiting);
            if (_idle.Count > 0 && IsWorthWriting(_writers - _idle.Count)) BeginWriting(_idle.Pop());
        }
        return waiting.Done.Task;
    }

    /// <summary>Commits what is still waiting, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closed = true;
            if (_idle.Count == _writers) _ended.TrySetResult();
        }
        await _ended.Task;
    }

    private bool IsWorthWriting(int writing) => _waiting.Count >= (writing == 0 ? 1 : WorthAnother);

    /// <summary>Not within the context of the caller, whose trace has nothing to do with the others' items.</summary>
    private void BeginWriting(Func<IReadOnlyList<TItem>, Task<TOutcome[]>> writer) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = WriteGroups(writer), null);

    private async Task WriteGroups(Func<IReadOnlyList<TItem>, Task<TOutcome[]>> writer)
    {
        var group = new List<Waiting>();
        while (TakeGroup(group, writer)) await CommitGroup(group, writer);
    }

    /// <summary>Takes what waits; when there is too little, the writer is idle again.</summary>
    private bool TakeGroup(List<Waiting> group, Func<IReadOnlyList<TItem>, Task<TOutcome[]>> writer)
    {
        group.Clear();
        lock (_gate)
        {
            if (IsWorthWriting(_writers - _idle.Count - 1))
            {
                while (group.Count < MaxGroup && _waiting.TryDequeue(out var next)) group.Add(next);
                return true;
            }
            _idle.Push(writer);
            if (_closed && _idle.Count == _writers) _ended.TrySetResult();
            return false;
        }
    }

    private static async Task CommitGroup(List<Waiting> group, Func<IReadOnlyList<TItem>, Task<TOutcome[]>> writer)
    {
        try
        {
            var items = new TItem[group.Count];
            for (var i = 0; i < items.Length; i++) items[i] = group[i].Item;
            var outcomes = await writer(items);
            for (var i = 0; i < outcomes.Length; i++)
            {
                group[i].Step.NoteTag("fleet.ledger.group.size", group.Count);
                group[i].Done.SetResult(outcomes[i]);
            }
        }
        catch (Exception e)
        {
            // Unless nothing was sent, the transaction may be on disk or not, and that is all that callers are told.
            var nothingSent = e is LedgerUnavailableException { NothingSent: true };
            foreach (var waiting in group)
                waiting.Done.TrySetException(
                    new LedgerUnavailableException("The commit failed.", e) { NothingSent = nothingSent });
        }
    }

    private readonly record struct Waiting(TItem Item, TaskCompletionSource<TOutcome> Done, Activity? Step);
}

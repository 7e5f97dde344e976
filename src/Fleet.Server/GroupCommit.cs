using System.Diagnostics;
using System.Threading.Channels;
using Fleet.Server.Telemetry;

namespace Fleet.Server;

/// <summary>
/// Collects items to save and commits them together: while one group is flushed to disk, the next one is collected. So
/// many readers share one flush, and a single item is written at once. Two groups at the same time would be half as
/// large and would need two flushes.
/// </summary>
/// <param name="commit">Saves a group in one transaction; returns one outcome per item, in order.</param>
internal sealed class GroupCommit<TItem, TOutcome>(Func<IReadOnlyList<TItem>, Task<TOutcome[]>> commit)
    : IAsyncDisposable
{
    /// <summary>Items per transaction, so that a flush cannot grow without limit.</summary>
    public const int MaxGroup = 256;

    /// <summary>How many items may wait; further ones are refused.</summary>
    public const int MaxWaiting = 4_096;

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private Task _writing = Task.CompletedTask;

    /// <summary>Starts writing.</summary>
    public void Start() => _writing = Task.Run(WriteGroups);

    /// <summary>Queues one item; the task ends when its group is on disk.</summary>
    public Task<TOutcome> AddItem(TItem item)
    {
        var waiting = new Waiting(
            item, new(TaskCreationOptions.RunContinuationsAsynchronously), CheckoutTrace.Committing);
        return _queue.Writer.TryWrite(waiting)
            ? waiting.Done.Task
            : throw new LedgerUnavailableException("The node stops, or too much is waiting to be stored.")
            {
                NothingSent = true,
            };
    }

    /// <summary>Commits what is still waiting, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteGroups()
    {
        var group = new List<Waiting>(MaxGroup);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (group.Count < MaxGroup && _queue.Reader.TryRead(out var next)) group.Add(next);
            await CommitGroup(group);
            group.Clear();
        }
    }

    private async Task CommitGroup(List<Waiting> group)
    {
        try
        {
            var outcomes = await commit([.. group.Select(waiting => waiting.Item)]);
            for (var i = 0; i < outcomes.Length; i++)
            {
                group[i].Step.NoteTag("fleet.ledger.group.size", group.Count);
                group[i].Done.SetResult(outcomes[i]);
            }
        }
        catch (Exception e)
        {
            // The transaction may or may not be on disk, and that is all that callers are told.
            foreach (var waiting in group)
                waiting.Done.TrySetException(new LedgerUnavailableException("The commit failed.", e));
        }
    }

    private readonly record struct Waiting(TItem Item, TaskCompletionSource<TOutcome> Done, Activity? Step);
}

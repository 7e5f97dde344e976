namespace Fleet.Server.Tests;

/// <summary>Groups of items, and when a second writer begins.</summary>
public sealed class GroupCommitTests : IAsyncDisposable
{
    private readonly Writer _first = new(), _second = new();
    private readonly GroupCommit<int, string> _commits;

    public GroupCommitTests() => _commits = new(_first.Write, _second.Write);

    public async ValueTask DisposeAsync()
    {
        var ended = _commits.DisposeAsync();
        foreach (var writer in new[] { _first, _second }) writer.FinishAll();
        await ended;
    }

    [Fact]
    public async Task What_comes_while_a_group_is_written_is_the_next_group()
    {
        var one = _commits.AddItem(1);
        await _first.HasGroups(1);
        var rest = Add(2, 3);
        _first.Finish();
        await _first.HasGroups(2);
        _first.Finish();

        Assert.Equal("saved 1", await one);
        Assert.Equal(["saved 2", "saved 3"], await Task.WhenAll(rest));
        Assert.Equal([[1], [2, 3]], _first.Groups);
        Assert.Empty(_second.Groups);
    }

    [Fact]
    public async Task A_second_writer_begins_only_when_enough_waits_for_a_flush_of_its_own()
    {
        _ = _commits.AddItem(0);
        await _first.HasGroups(1);
        var few = Add([.. Enumerable.Range(1, GroupCommit<int, string>.WorthAnother - 1)]);
        Assert.Empty(_second.Groups);

        var enough = _commits.AddItem(GroupCommit<int, string>.WorthAnother);
        await _second.HasGroups(1);
        _second.Finish();

        await Task.WhenAll(few);
        Assert.Equal($"saved {GroupCommit<int, string>.WorthAnother}", await enough);
        Assert.Equal(GroupCommit<int, string>.WorthAnother, _second.Groups[0].Length);
    }

    [Fact]
    public async Task An_item_is_in_one_group_and_no_group_is_too_large()
    {
        const int Many = (2 * GroupCommit<int, string>.MaxGroup) + 7;
        _first.FinishAll();
        _second.FinishAll();
        var all = Add([.. Enumerable.Range(0, Many)]);

        Assert.Equal(Enumerable.Range(0, Many).Select(item => $"saved {item}"), await Task.WhenAll(all));
        var groups = _first.Groups.Concat(_second.Groups).ToList();
        Assert.Equal(Many, groups.Sum(group => group.Length));
        Assert.All(groups, group => Assert.InRange(group.Length, 1, GroupCommit<int, string>.MaxGroup));
    }

    [Fact]
    public async Task What_is_too_much_is_refused_and_was_not_sent()
    {
        _ = _commits.AddItem(-1);
        await _first.HasGroups(1);
        _ = Add([.. Enumerable.Range(0, GroupCommit<int, string>.MaxGroup)]);
        await _second.HasGroups(1);
        var taken = _second.Groups[0].Length;
        var room = GroupCommit<int, string>.MaxWaiting - GroupCommit<int, string>.MaxGroup + taken;
        _ = Add([.. Enumerable.Range(0, room)]);

        var refused = await Assert.ThrowsAsync<LedgerUnavailableException>(() => _commits.AddItem(0));
        Assert.True(refused.NothingSent);
    }

    [Fact]
    public async Task A_group_that_failed_fails_all_of_its_items_and_none_of_the_next()
    {
        var lost = _commits.AddItem(1);
        await _first.HasGroups(1);
        var next = _commits.AddItem(2);
        _first.Fail(new IOException("the connection is gone"));
        await _first.HasGroups(2);
        _first.Finish();

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => lost);
        Assert.False(failure.NothingSent);
        Assert.Equal("saved 2", await next);
    }

    [Fact]
    public async Task A_group_that_was_not_sent_is_told_as_that()
    {
        var lost = _commits.AddItem(1);
        await _first.HasGroups(1);
        _first.Fail(new LedgerUnavailableException("no connection") { NothingSent = true });

        var failure = await Assert.ThrowsAsync<LedgerUnavailableException>(() => lost);
        Assert.True(failure.NothingSent);
    }

    [Fact]
    public async Task What_waits_at_the_end_is_written_and_nothing_is_taken_any_more()
    {
        _ = _commits.AddItem(1);
        await _first.HasGroups(1);
        var last = _commits.AddItem(2);
        var ended = _commits.DisposeAsync().AsTask();
        Assert.False(ended.IsCompleted);
        _first.FinishAll();

        await ended;
        Assert.Equal("saved 2", await last);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => _commits.AddItem(3));
    }

    private Task<string>[] Add(params int[] items) => [.. items.Select(_commits.AddItem)];

    /// <summary>Writes a group when the test says so.</summary>
    private sealed class Writer
    {
        private readonly Lock _gate = new();
        private readonly List<(int[] Items, TaskCompletionSource Done)> _groups = [];
        private bool _finishesAll;

        public IReadOnlyList<int[]> Groups
        {
            get
            {
                lock (_gate) return [.. _groups.Select(group => group.Items)];
            }
        }

        public async Task<string[]> Write(IReadOnlyList<int> items)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                _groups.Add(([.. items], done));
                if (_finishesAll) done.SetResult();
            }
            await done.Task;
            return [.. items.Select(item => $"saved {item}")];
        }

        public Task HasGroups(int count) => Eventually.Equal(count, () => Task.FromResult(Groups.Count));

        public void Finish() => Last().SetResult();

        public void Fail(Exception why) => Last().SetException(why);

        /// <summary>Finishes what it has and all that it will get.</summary>
        public void FinishAll()
        {
            lock (_gate)
            {
                _finishesAll = true;
                foreach (var group in _groups) group.Done.TrySetResult();
            }
        }

        private TaskCompletionSource Last()
        {
            lock (_gate) return _groups[^1].Done;
        }
    }
}

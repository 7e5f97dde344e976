namespace Fleet.Server.Cloud;

/// <summary>The call was not sent, for a reason of Fleet's own.</summary>
internal sealed class CloudWithheldException(string reason) : Exception(reason);

/// <summary>
/// How many calls a key may make: a bucket of tokens that fills at a fixed rate. A call that finds none waits; of the
/// waiting ones the highest priority goes first, and within a priority the oldest.
/// </summary>
/// <param name="perSecond">Tokens that come per second, for now.</param>
/// <param name="burst">Tokens that the bucket holds, for now.</param>
/// <param name="time">The clock.</param>
internal sealed class CloudBudget(int perSecond, int burst, TimeProvider time) : IDisposable
{
    /// <summary>Calls of one priority that may wait; the next one is refused at once.</summary>
    public const int MaxWaiting = 256;

    private static readonly TimeSpan MaxFreeze = TimeSpan.FromMinutes(1), LeastPause = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource>[] _waiting =
        [.. Enum.GetValues<CloudPriority>().Select(_ => new LinkedList<TaskCompletionSource>())];

    private int _perSecond = perSecond, _burst = burst;
    private double _tokens = burst;
    private long _filled = time.GetTimestamp();
    private DateTimeOffset _frozenUntil = DateTimeOffset.MinValue;
    private ITimer? _timer;
    private bool _isClosed;

    /// <summary>Returns when the call may be sent; it has then paid for it.</summary>
    /// <exception cref="CloudWithheldException">Too many calls of the priority wait already.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async ValueTask WaitTurn(CloudPriority priority, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var queue = _waiting[(int)priority];
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (_isClosed) throw new CloudWithheldException("the account is closed");
            if (queue.Count >= MaxWaiting) throw new CloudWithheldException("too many calls wait for their turn");
            place = queue.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            GiveTurns();
        }
        await using var leaves = cancel.Register(() => Leave(place, cancel));
        await place.Value.Task;
    }

    /// <summary>The cloud asks for fewer calls: those that are not for a payment wait, for a minute at most.</summary>
    public void Freeze(TimeSpan pause)
    {
        lock (_lock)
        {
            var until = time.GetUtcNow() + (pause < MaxFreeze ? pause : MaxFreeze);
            if (until > _frozenUntil) _frozenUntil = until;
        }
    }

    /// <summary>Changes the size of the bucket and how fast it fills. What was used before stays used.</summary>
    public void ChangeSize(int newPerSecond, int newBurst)
    {
        lock (_lock)
        {
            Fill();
            (_perSecond, _burst, _tokens) = (newPerSecond, newBurst, Math.Min(_tokens, newBurst));
            GiveTurns();
        }
    }

    /// <summary>Calls that could be sent at once now, and calls that wait.</summary>
    public (int Left, int Waiting) Show()
    {
        lock (_lock)
        {
            Fill();
            return ((int)_tokens, _waiting.Sum(queue => queue.Count));
        }
    }

    /// <summary>Calls that wait, of one priority.</summary>
    public int CountWaiting(CloudPriority priority)
    {
        lock (_lock) return _waiting[(int)priority].Count;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            _timer?.Dispose();
            foreach (var place in _waiting.SelectMany(queue => queue))
                place.TrySetException(new CloudWithheldException("the account is closed"));
            foreach (var queue in _waiting) queue.Clear();
        }
    }

    private void Leave(LinkedListNode<TaskCompletionSource> place, CancellationToken cancel)
    {
        lock (_lock)
        {
            if (place.List is not { } queue) return; // it has had its turn
            queue.Remove(place);
            place.Value.TrySetCanceled(cancel);
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (!_isClosed) GiveTurns();
        }
    }

    /// <summary>Lets all go that can be paid for, and sets the timer for the next one.</summary>
    private void GiveTurns()
    {
        Fill();
        while (_tokens >= 1 && FindNext() is { } next)
        {
            _tokens--;
            next.List?.Remove(next);
            next.Value.TrySetResult();
        }
        if (_waiting.All(queue => queue.Count == 0)) return;
        _timer ??= time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(PauseUntilNext(), Timeout.InfiniteTimeSpan);
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + time.GetElapsedTime(_filled, now).TotalSeconds * _perSecond);
        _filled = now;
    }

    private LinkedListNode<TaskCompletionSource>? FindNext() =>
        _waiting[(int)CloudPriority.Payment].First
            ?? (time.GetUtcNow() < _frozenUntil ? null
                : _waiting.Select(queue => queue.First).FirstOrDefault(first => first is not null));

    private TimeSpan PauseUntilNext()
    {
        var token = TimeSpan.FromSeconds(Math.Max(0, 1 - _tokens) / _perSecond);
        var thaw = _waiting[(int)CloudPriority.Payment].Count > 0 ? TimeSpan.Zero : _frozenUntil - time.GetUtcNow();
        // rounded up: a timer that is early would find no token
        var pause = TimeSpan.FromMilliseconds(Math.Ceiling((token > thaw ? token : thaw).TotalMilliseconds));
        return pause > LeastPause ? pause : LeastPause;
    }
}

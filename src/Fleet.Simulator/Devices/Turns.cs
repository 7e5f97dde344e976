namespace Fleet.Simulator.Devices;

/// <summary>
/// Runs turns one after the other: frames, connections and timers come from many threads, and each takes a turn under
/// one lock. A single timer starts the turn that is due next, so an idle device costs nothing.
/// </summary>
internal sealed class Turns : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly Func<TimeSpan, TimeSpan> _advance;
    private readonly Action _after;
    private readonly Action<Exception> _broken;
    private readonly ITimer _alarm;
    private readonly long _born;
    private bool _over, _last;

    /// <param name="clock">The clock; its timestamps are used, because the time of day may jump.</param>
    /// <param name="advance">
    /// Ends each turn: does what is due at this time since the start, and returns when the next action is due.
    /// </param>
    /// <param name="after">Called after each turn, outside of it.</param>
    /// <param name="broken">Called with an error in a turn of the timer; other turns throw it.</param>
    public Turns(TimeProvider clock, Func<TimeSpan, TimeSpan> advance, Action after, Action<Exception> broken)
    {
        (_clock, _advance, _after, _broken) = (clock, advance, after, broken);
        _born = clock.GetTimestamp();
        _alarm = clock.CreateTimer(_ => RingAlarm(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Runs a turn; after <see cref="DisposeAsync"/> no turn runs.</summary>
    public void TakeTurn(Action<TimeSpan> move)
    {
        lock (_lock)
        {
            if (_over) return;
            // A device must not do what it cannot write down: if its journal fails, it takes no further turn.
            _over = true;
            var now = _clock.GetElapsedTime(_born);
            move(now);
            SetAlarm(_advance(now));
            _over = _last;
        }
        _after();
    }

    /// <summary>The power goes at the end of this turn: it is the last one.</summary>
    public void EndTurns() => _last = true;

    /// <summary>The last turn is over when this returns.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock) _over = true;
        return _alarm.DisposeAsync();
    }

    private void RingAlarm()
    {
        try
        {
            TakeTurn(_ => { });
        }
        catch (Exception e)
        {
            _broken(e); // nothing catches an exception of a timer: it would end the process
        }
    }

    /// <summary>
    /// Sets the timer, rounded up to whole milliseconds, because a timer that fires early would have to be set again.
    /// </summary>
    private void SetAlarm(TimeSpan due)
    {
        var wait = Timeout.InfiniteTimeSpan;
        if (due < TimeSpan.MaxValue)
        {
            var left = Math.Ceiling((due - _clock.GetElapsedTime(_born)).TotalMilliseconds);
            wait = TimeSpan.FromMilliseconds(Math.Max(0, left));
        }
        _alarm.Change(wait, Timeout.InfiniteTimeSpan);
    }
}

using System.Diagnostics.Tracing;

namespace Fleet.Benchmarks.Sides;

/// <summary>How long the collector stops this program, by the runtime's own events.</summary>
internal sealed class PauseWatch : EventListener
{
    private const string Runtime = "Microsoft-Windows-DotNETRuntime";

    private const EventKeywords Collections = (EventKeywords)1;

    private const int SuspendBegins = 9, RestartEnds = 3;

    private long _begun, _longest;

    /// <summary>The longest pause since this was last asked.</summary>
    public TimeSpan TakeLongest() => TimeSpan.FromTicks(Interlocked.Exchange(ref _longest, 0));

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime) EnableEvents(eventSource, EventLevel.Informational, Collections);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventId)
        {
            case SuspendBegins:
                _begun = eventData.TimeStamp.Ticks;
                break;
            case RestartEnds when _begun > 0:
                _longest = Math.Max(_longest, eventData.TimeStamp.Ticks - _begun);
                _begun = 0;
                break;
        }
    }
}

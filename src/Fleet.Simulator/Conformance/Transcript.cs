using System.Globalization;

namespace Fleet.Simulator.Conformance;

/// <summary>What went over the link, for people: one line a frame, with the seconds since the rule began.</summary>
internal sealed class Transcript(TimeProvider clock)
{
    /// <summary>Lines that are kept: of a long rule the last ones matter.</summary>
    private const int Limit = 40;

    private const int LongestLine = 400;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = [];
    private long _begin = clock.GetTimestamp();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock) return [.. _lines];
        }
    }

    /// <summary>Forgets the lines of the rule before.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _lines.Clear();
            _begin = clock.GetTimestamp();
        }
    }

    /// <summary>Adds what the device sent.</summary>
    public void AddReceived(string text) => AddLine("device  " + text);

    /// <summary>Adds what the device was sent.</summary>
    public void AddSent(string text) => AddLine("Fleet   " + text);

    /// <summary>Adds what happened beside the frames.</summary>
    public void AddEvent(string text) => AddLine("        " + text);

    private void AddLine(string text)
    {
        if (text.Length > LongestLine) text = text[..LongestLine] + "…";
        lock (_lock)
        {
            if (_lines.Count == Limit) _lines.Dequeue();
            var seconds = clock.GetElapsedTime(_begin).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
            _lines.Enqueue($"{seconds,7} {text}");
        }
    }
}

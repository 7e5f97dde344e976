namespace Fleet.Simulator.Cli;

/// <summary>
/// Messages for the person at the terminal; each text is kept once, even if a thousand readers report it.
/// </summary>
internal sealed class Notices
{
    /// <summary>How many different texts are kept.</summary>
    private const int Limit = 50;

    private const int LongestText = 500;

    private readonly Lock _lock = new();
    private readonly List<string> _texts = [];

    /// <summary>All texts so far, in order.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_lock) return [.. _texts];
        }
    }

    /// <summary>Adds a notice for each reason why the reader has no connection, until the stop.</summary>
    public void WatchLink(VirtualReader reader, Uri server, CancellationToken stop) => reader.Changed += one =>
    {
        if (one.Snapshot is { Connected: false, Trouble: { } why } && !stop.IsCancellationRequested)
            AddNotice($"No connection with {server}: {why}");
    };

    public void AddNotice(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        if (line.Length > LongestText) line = line[..LongestText] + "…";
        lock (_lock)
        {
            if (_texts.Count < Limit && !_texts.Contains(line)) _texts.Add(line);
        }
    }
}

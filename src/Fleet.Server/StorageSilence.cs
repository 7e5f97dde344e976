namespace Fleet.Server;

/// <summary>For how long a database that is asked regularly has been silent, by the machine's timer.</summary>
internal sealed class StorageSilence
{
    /// <summary>After so long without an answer the database counts as down: one slow answer is none.</summary>
    private static readonly TimeSpan DownAfter = TimeSpan.FromSeconds(4);

    private long _answered;

    /// <summary>How long ago it answered last; zero until it is asked.</summary>
    public TimeSpan Span => Volatile.Read(ref _answered) is var answered and not 0
        ? TimeProvider.System.GetElapsedTime(answered)
        : TimeSpan.Zero;

    /// <summary>Whether it has been silent for so long that it counts as down.</summary>
    public bool IsLong => Span >= DownAfter;

    /// <summary>Notes that it has answered now.</summary>
    public void NoteAnswer() => Volatile.Write(ref _answered, TimeProvider.System.GetTimestamp());
}

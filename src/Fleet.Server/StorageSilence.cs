namespace Fleet.Server;

/// <summary>For how long a database that is asked regularly has been silent, by the machine's timer.</summary>
internal sealed class StorageSilence
{
    private long _answered;

    /// <summary>How long ago it answered last; zero until it is asked.</summary>
    public TimeSpan Span => Volatile.Read(ref _answered) is var answered and not 0
        ? TimeProvider.System.GetElapsedTime(answered)
        : TimeSpan.Zero;

    /// <summary>Notes that it has answered now.</summary>
    public void NoteAnswer() => Volatile.Write(ref _answered, TimeProvider.System.GetTimestamp());
}

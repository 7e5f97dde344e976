namespace Fleet.Benchmarks.Sides;

/// <summary>
/// One of the programs that are compared. It runs in a process of its own, and is never stopped: the process is ended.
/// </summary>
internal interface ISide
{
    /// <summary>Listens, and knows readers 0 to <paramref name="readers"/> - 1.</summary>
    Task Start(int readers);

    /// <summary>Ends the open checkouts of the first <paramref name="readers"/> readers.</summary>
    Task Free(int readers);
}

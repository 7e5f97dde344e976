namespace Fleet.Simulator.Devices;

/// <summary>
/// What a test does to the link and the power of a device. The journal is never touched: only what is sent, and when.
/// </summary>
internal sealed class LinkFaults
{
    private long _lag;

    /// <summary>So many of the next results are not sent once.</summary>
    public int Swallow { get; set; }

    /// <summary>So many of the next results are sent twice.</summary>
    public int Repeat { get; set; }

    /// <summary>After the next charge the power is gone for so long; null for no such thing.</summary>
    public TimeSpan? OffAfterCharge { get; set; }

    /// <summary>Every frame in both directions comes so much later. May be read on any thread.</summary>
    public TimeSpan Lag
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _lag));
        set => Volatile.Write(ref _lag, value.Ticks);
    }

    /// <summary>For how long the power is to be gone now; null while it is not.</summary>
    public TimeSpan? OffFor { get; set; }

    /// <summary>For how long the connection is to be gone now; null while it is not.</summary>
    public TimeSpan? CutFor { get; set; }

    /// <summary>A card was charged: whether the power goes now.</summary>
    public bool DieAfterCharge()
    {
        if (OffAfterCharge is not { } off) return false;
        (OffFor, OffAfterCharge) = (off, null);
        return true;
    }

    /// <summary>For how long the connection goes now; null when it stays.</summary>
    public TimeSpan? TakeCut()
    {
        var cut = CutFor;
        CutFor = null;
        return cut;
    }

    /// <summary>For how long the power goes now; null when it stays.</summary>
    public TimeSpan? TakeOff()
    {
        var off = OffFor;
        OffFor = null;
        return off;
    }

    /// <summary>How often the next result is sent now.</summary>
    /// <param name="unsent">Whether this one is lost on its way in any case.</param>
    public int SendTimes(bool unsent)
    {
        if (unsent) return 0;
        if (Swallow > 0)
        {
            Swallow--;
            return 0;
        }
        if (Repeat == 0) return 1;
        Repeat--;
        return 2;
    }

    /// <summary>Ends all that was ordered.</summary>
    public void Clear() => (Swallow, Repeat, OffAfterCharge, Lag) = (0, 0, null, TimeSpan.Zero);
}

namespace Fleet.Simulator;

/// <summary>The visible state of a virtual reader at one moment.</summary>
public sealed record ReaderSnapshot
{
    public required string Serial { get; init; }

    /// <summary>The reader it is paired as; null when unpaired.</summary>
    public string? ReaderId { get; init; }

    /// <summary>The reader's name, known since the last welcome.</summary>
    public string? Name { get; init; }

    /// <summary>The code on the screen of an unpaired device; null when there is none.</summary>
    public string? PairingCode { get; init; }

    /// <summary>Whether the connection to Fleet is open.</summary>
    public bool Connected { get; init; }

    /// <summary>Whether Fleet has welcomed the device as its reader on this connection.</summary>
    public bool Welcomed { get; init; }

    /// <summary>One of <see cref="Protocol.Screens"/>.</summary>
    public required string Screen { get; init; }

    /// <summary>What the checkout on the screen asks for, for example <c>12.50 EUR</c>; null when idle.</summary>
    public string? Checkout { get; init; }

    /// <summary>How the last checkout ended, in words; null before the first.</summary>
    public string? LastOutcome { get; init; }

    /// <summary>How many cards were ever charged, by the journal.</summary>
    public int Charges { get; init; }

    /// <summary>Why the last connection ended or failed; null while connected.</summary>
    public string? Trouble { get; init; }
}

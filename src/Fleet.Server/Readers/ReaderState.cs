using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>The saved state of a reader, beside its ledger.</summary>
public sealed record ReaderState
{
    public ReaderProfile? Pairing { get; init; }

    /// <summary>The status at the last disconnect.</summary>
    public ReaderStatus? LastStatus { get; init; }
}

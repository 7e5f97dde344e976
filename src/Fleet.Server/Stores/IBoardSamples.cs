using Fleet.Core.Stores;

namespace Fleet.Server.Stores;

/// <summary>How the readers of each store were, one row for each store and half hour.</summary>
internal interface IBoardSamples
{
    /// <summary>Stores rows. A store that has a row for this half hour already keeps it.</summary>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    Task AddSamples(DateTimeOffset at, IReadOnlyList<BoardSample> samples);

    /// <summary>A reader in the rows of a store since a time, the oldest first. A row without it is a gap.</summary>
    Task<IReadOnlyList<(DateTimeOffset At, ReaderLook Look)>> ListOfReader(
        string merchantCode, string store, string readerId, DateTimeOffset since, CancellationToken cancel);

    /// <summary>Deletes rows from before a time, at most so many, and returns how many it deleted.</summary>
    Task<int> ForgetSamples(DateTimeOffset before, int limit, CancellationToken cancel);
}

/// <summary>How the readers of a store were.</summary>
/// <param name="MerchantCode">Its merchant.</param>
/// <param name="Store">The store.</param>
/// <param name="Readers">By reader; those whose state was not known are missing.</param>
internal sealed record BoardSample(
    string MerchantCode, string Store, IReadOnlyDictionary<string, ReaderLook> Readers);

/// <summary>How a reader was.</summary>
/// <param name="Presence">Null when SumUp had not told for a minute whether it reaches it.</param>
/// <param name="Battery">Percent, 0 to 100; null when it had not reported it.</param>
internal sealed record ReaderLook(Presence? Presence, int? Battery);

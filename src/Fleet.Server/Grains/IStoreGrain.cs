using Fleet.Core;
using Fleet.Core.Readers;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>A shop of a merchant: its readers, their states, and the choice of a reader for a till.</summary>
[Alias("fleet.store-grain")]
internal interface IStoreGrain : IGrainWithStringKey
{
    // Calls of merchants.

    /// <summary>Pairs the device that shows a code.</summary>
    [Alias("pair")]
    Task<PairReply> PairReader(PairReader ask);

    /// <summary>Why the device could not be paired now, or null; changes nothing.</summary>
    [Alias("try-pair")]
    Task<Refusal?> TryPair(PairReader ask);

    /// <summary>
    /// The board; null when there is no such store. With a place: only the changes since then, as soon as there are
    /// any, or after a few seconds.
    /// </summary>
    [Alias("board")]
    Task<Board?> GetBoard(BoardPlace? since);

    /// <summary>The counts of the board; null when there is no such store.</summary>
    [Alias("count")]
    Task<StoreCounts?> CountReaders();

    /// <summary>Gives a till a reader, or a place in the queue, with which it must ask again.</summary>
    [Alias("choose")]
    Task<RouteReply> ChooseReader(RouteRequest ask);

    /// <summary>What the store says of the menus of its readers; null when there is no such store.</summary>
    [Alias("get-lock")]
    Task<StoreLock?> GetMenuLock();

    /// <summary>
    /// Changes what the store says of the menus of its readers; null to say nothing any more. Its readers are told
    /// soon.
    /// </summary>
    [Alias("change-lock")]
    Task<Refusal?> ChangeMenuLock(MenuLock? change);

    /// <summary>Ends a till's place in the queue, or its reservation of a reader.</summary>
    [Alias("leave"), OneWay]
    Task LeaveQueue(Guid checkoutId);

    // Calls of its merchant.

    /// <summary>Opens the store for readers.</summary>
    [Alias("open")]
    Task OpenStore();

    /// <summary>Closes the store for readers; refused while it has some.</summary>
    [Alias("close")]
    Task<Refusal?> CloseStore();

    // Calls of its readers.

    /// <summary>Announces a reader that is about to move here; false when there is no such store.</summary>
    [Alias("admit")]
    Task<bool> AdmitReader(string readerId);

    /// <summary>Takes a reader's whole line. A new reader is added.</summary>
    [Alias("put")]
    Task PutLine(BoardLine line);

    /// <summary>Takes a reader's state. When the call is lost, the store asks the reader.</summary>
    [Alias("change"), OneWay]
    Task PutState(string readerId, LineState state);

    /// <summary>Removes a reader that was deleted, or moved away.</summary>
    [Alias("forget")]
    Task ForgetReader(string readerId);
}

/// <summary>A merchant's request to pair a reader.</summary>
/// <param name="MerchantCode">The merchant.</param>
/// <param name="Sandbox">Whether it is a sandbox merchant.</param>
/// <param name="ReaderId">The id of the new reader, made before the first attempt.</param>
/// <param name="Code">The code on the device's screen, as <see cref="Ids.TryReadPairingCode"/> gives it.</param>
/// <param name="Name">The name, checked.</param>
/// <param name="Metadata">The metadata, checked; a JSON object or null.</param>
/// <param name="Tags">The tags, checked.</param>
/// <param name="KeyStore">The only store that the pairing key reaches; null for all of the merchant's.</param>
[GenerateSerializer, Immutable, Alias("fleet.pair-reader")]
internal sealed record PairReader(
    [property: Id(0)] string MerchantCode,
    [property: Id(1)] bool Sandbox,
    [property: Id(2)] string ReaderId,
    [property: Id(3)] string Code,
    [property: Id(4)] string Name,
    [property: Id(5)] string? Metadata,
    [property: Id(6)] IReadOnlyList<string> Tags,
    [property: Id(7)] string? KeyStore = null)
{
    /// <summary>What the pairing key reaches.</summary>
    public Reach Caller => new(MerchantCode, KeyStore);
}

/// <summary>What a store says of the menus of its readers.</summary>
/// <param name="MenuLock">What it says; null for nothing.</param>
/// <param name="Untold">Readers that it has not told yet.</param>
[GenerateSerializer, Immutable, Alias("fleet.store-lock")]
internal sealed record StoreLock([property: Id(0)] MenuLock? MenuLock, [property: Id(1)] int Untold);

/// <summary>The new reader, or the refusal.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pair-reply")]
internal sealed record PairReply([property: Id(0)] ReaderSnapshot? Reader, [property: Id(1)] Refusal? Refusal = null);

/// <summary>How stores are addressed.</summary>
internal static class StoreKey
{
    public static string ForStore(string merchantCode, string store) => $"{merchantCode}/{store}";

    /// <summary>The merchant and the store of an address.</summary>
    public static (string MerchantCode, string Store) SplitKey(string key) =>
        key.Split('/') is [var merchantCode, var store] ? (merchantCode, store) : (key, "");
}

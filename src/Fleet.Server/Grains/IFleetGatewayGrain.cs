using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;

namespace Fleet.Server.Grains;

/// <summary>
/// Sends one call to many stores or readers. It has no state, runs on the node that is asked, and takes many calls at
/// once.
/// </summary>
[Alias("fleet.gateway-grain")]
internal interface IFleetGatewayGrain : IGrainWithIntegerKey
{
    /// <summary>The boards of stores; null for a store that does not exist.</summary>
    [Alias("boards")]
    Task<IReadOnlyList<CallOutcome<Board?>>> GetBoards(IReadOnlyList<string> stores, TimeSpan deadline);

    /// <summary>The counts of the boards of stores.</summary>
    [Alias("counts")]
    Task<IReadOnlyList<CallOutcome<StoreCounts?>>> CountReaders(IReadOnlyList<string> stores, TimeSpan deadline);

    /// <summary>Pairs readers: an error, a refusal, or the new reader's id for each.</summary>
    [Alias("pair")]
    Task<IReadOnlyList<CallOutcome<PairReply>>> PairReaders(
        IReadOnlyList<PairReaderInStore> orders, bool dryRun, TimeSpan deadline);

    /// <summary>Changes readers: an error, a refusal, or null for each that is done.</summary>
    /// <param name="caller">How far the caller's key reaches.</param>
    /// <param name="note">The audit note of a checkout that is ended; all other changes are recorded before.</param>
    /// <param name="changes">What to do.</param>
    /// <param name="dryRun">Only reports what would happen.</param>
    /// <param name="deadline">How long all of them may take.</param>
    [Alias("change")]
    Task<IReadOnlyList<CallOutcome<Refusal?>>> ChangeReaders(
        Reach caller, AuditNote note, IReadOnlyList<ReaderChange> changes, bool dryRun, TimeSpan deadline);

    /// <summary>Makes readers of SumUp's cloud readers of Fleet.</summary>
    [Alias("adopt")]
    Task<IReadOnlyList<CallOutcome<AdoptReply>>> AdoptReaders(
        IReadOnlyList<AdoptReader> orders, bool dryRun, TimeSpan deadline);
}

/// <summary>A reader of SumUp's cloud that is to be a reader of Fleet.</summary>
/// <param name="ReaderId">Its id if it becomes a new reader, made before the first attempt.</param>
/// <param name="Caller">What the key reaches.</param>
/// <param name="Wanted">Its profile if it becomes a new reader, with its pairing in the cloud.</param>
[GenerateSerializer, Immutable, Alias("fleet.adopt-reader")]
internal sealed record AdoptReader(
    [property: Id(0)] string ReaderId, [property: Id(1)] Reach Caller, [property: Id(2)] ReaderProfile Wanted);

/// <summary>What became of it.</summary>
/// <param name="Kind">What it is for Fleet.</param>
/// <param name="Reader">The reader; null for one that is not made, or that the caller's key does not reach.</param>
/// <param name="Refusal">Why it was not adopted.</param>
[GenerateSerializer, Immutable, Alias("fleet.adopt-reply")]
internal sealed record AdoptReply(
    [property: Id(0)] Adoption Kind, [property: Id(1)] ReaderSnapshot? Reader = null,
    [property: Id(2)] Refusal? Refusal = null);

/// <summary>A reader to pair, in the store with this key.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pair-order")]
internal sealed record PairReaderInStore([property: Id(0)] string StoreKey, [property: Id(1)] PairReader Reader);

/// <summary>What can be done to many readers.</summary>
internal enum ChangeKind
{
    Rename,
    Move,
    Unpair,
    Terminate,
}

/// <summary>The names of the kinds in the audit.</summary>
internal static class ChangeKinds
{
    public static string ToAuditAction(this ChangeKind kind) => kind switch
    {
        ChangeKind.Rename => AuditAction.ReaderUpdate,
        ChangeKind.Move => AuditAction.ReaderMove,
        ChangeKind.Unpair => AuditAction.ReaderDelete,
        _ => AuditAction.CheckoutTerminate,
    };
}

/// <summary>One change of one reader, checked.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="ReaderId">To which reader.</param>
/// <param name="Name">Its new name, to rename.</param>
/// <param name="Store">Its new store, to move; null for where it is.</param>
/// <param name="Tags">Its new tags, to move; null for those it has.</param>
/// <param name="ExpectedCheckoutId">The checkout to terminate; null for the open one.</param>
[GenerateSerializer, Immutable, Alias("fleet.reader-change")]
internal sealed record ReaderChange(
    [property: Id(0)] ChangeKind Kind, [property: Id(1)] string ReaderId, [property: Id(2)] string? Name = null,
    [property: Id(3)] string? Store = null, [property: Id(4)] IReadOnlyList<string>? Tags = null,
    [property: Id(5)] Guid? ExpectedCheckoutId = null);

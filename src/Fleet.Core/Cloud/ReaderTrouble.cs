using System.Collections.Immutable;
using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>
/// What is wrong between a reader and SumUp's cloud. New members go to the end: nodes of different versions tell each
/// other the number.
/// </summary>
public enum TroubleKind
{
    /// <summary>SumUp took a payment, and has shown no result in the time that a payment takes.</summary>
    PhantomAccept,

    /// <summary>SumUp refuses the reader as busy again and again, and Fleet has no payment on it.</summary>
    Stuck,

    /// <summary>SumUp does not accept the merchant's API key.</summary>
    RefusedKey,

    /// <summary>SumUp does not have the reader.</summary>
    Removed,

    /// <summary>SumUp could not be reached when the last payment was started.</summary>
    Unreachable,
}

/// <summary>One payment that SumUp's cloud did not take.</summary>
/// <param name="At">When that was known.</param>
/// <param name="Why">What its till was told.</param>
public readonly record struct CloudRefusal(DateTimeOffset At, Refusal Why);

/// <summary>What is wrong between a reader and SumUp's cloud, and since when.</summary>
[GenerateSerializer, Immutable, Alias("fleet.reader-trouble")]
public sealed record ReaderTrouble([property: Id(0)] TroubleKind Kind, [property: Id(1)] DateTimeOffset Since)
{
    /// <summary>So many payments in a row that are refused as busy mean a reader that is stuck, chosen by us.</summary>
    public const int StuckAfter = 3;

    /// <summary>And they must have been refused within this time, chosen by us.</summary>
    public static readonly TimeSpan StuckWithin = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong, as far as the reader's payments show it; null for nothing.</summary>
    public static ReaderTrouble? Find(Reader reader) => reader switch
    {
        { Open: { IsUnknown: true, Cloud: { Doubt: Doubt.NoResult, DoubtSince: { } since } } } =>
            new(TroubleKind.PhantomAccept, since),
        { Refusals: [.., var last] } when KindOf(reader.Refusals, last.Why) is { } kind => new(kind, last.At),
        _ => null,
    };

    /// <summary>
    /// The refusals that count after an event: those in a row. A payment that the cloud took, or that it knows the end
    /// of, ends the row.
    /// </summary>
    public static ImmutableArray<CloudRefusal> NoteEvent(ImmutableArray<CloudRefusal> before, ReaderEvent happened) =>
        happened switch
        {
            { Kind: EventKind.Refused, Checkout: { Cloud.Refused: { } why } refused } =>
                [.. before.TakeLast(StuckAfter - 1), new(refused.UpdatedAt, why)],
            { Kind: EventKind.Confirmed or EventKind.Succeeded or EventKind.Failed } => [],
            _ => before,
        };

    private static TroubleKind? KindOf(ImmutableArray<CloudRefusal> refusals, Refusal last) => last switch
    {
        { Code: RefusalCode.ProviderRefused, Why: "unauthorized" or "forbidden" } => TroubleKind.RefusedKey,
        { Code: RefusalCode.ProviderRefused, Why: "not-found" } => TroubleKind.Removed,
        { Code: RefusalCode.ProviderUnavailable } => TroubleKind.Unreachable,
        { Code: RefusalCode.ReaderBusy } when IsStuck(refusals) => TroubleKind.Stuck,
        _ => null,
    };

    private static bool IsStuck(ImmutableArray<CloudRefusal> refusals) =>
        refusals.Length == StuckAfter && refusals.All(one => one.Why.Code is RefusalCode.ReaderBusy)
        && refusals[^1].At - refusals[0].At <= StuckWithin;
}

/// <summary>What an operator is told about a reader that has trouble with SumUp's cloud.</summary>
public static class TroubleAdvice
{
    /// <summary>What is wrong, in a sentence.</summary>
    public static string ToSentence(this TroubleKind kind) => kind switch
    {
        TroubleKind.PhantomAccept => Doubt.NoResult.ToSentence(),
        TroubleKind.Stuck => "SumUp refuses payments because the reader is busy, and Fleet has none on it.",
        TroubleKind.RefusedKey => "SumUp does not accept the API key of the merchant.",
        TroubleKind.Removed => "SumUp does not have this reader any more.",
        TroubleKind.Unreachable => "SumUp could not be reached when the last payment was started.",
        _ => "SumUp and the reader have trouble with each other.", // of a newer version
    };

    /// <summary>What to do, in sentences.</summary>
    public static string ToAdvice(this TroubleKind kind) => kind switch
    {
        TroubleKind.PhantomAccept => Doubt.NoResult.ToAdvice(),
        TroubleKind.Stuck => "Another program's payment may hang on it: cancel it on the reader, or restart the "
            + "reader. The next payment that SumUp takes ends this.",
        TroubleKind.RefusedKey => "Make a new API key at SumUp and give it to Fleet. If the answer was 'forbidden', "
            + "the key lacks a permission.",
        TroubleKind.Removed => "It was unpaired at SumUp: unpair it here, and pair it again with the code on its "
            + "screen.",
        _ => "'fleet status' says whether SumUp has trouble. If it does not, see whether the nodes reach SumUp: a "
            + "firewall or a name server may be in the way.",
    };
}

using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;

namespace Fleet.Server.Grains;

/// <summary>
/// Compares the payments of one merchant on one day with SumUp's history. Its key is <c>MERCHANT/2026-11-28</c>. When
/// its node is lost in the middle, the next call goes on.
/// </summary>
[Alias("fleet.reconcile")]
internal interface IReconcileGrain : IGrainWithStringKey
{
    /// <summary>Compares, or joins a comparison that is under way. After 20 seconds it goes on by itself.</summary>
    [Alias("run"), ResponseTimeout("00:00:40")]
    Task<DayReport> RunDay();

    /// <summary>The last result, or how far a comparison is.</summary>
    [Alias("get")]
    Task<DayReport> GetDay();

    /// <summary>Compares, unless that was done after the day; true when there is nothing left to do.</summary>
    [Alias("ensure")]
    Task<bool> EnsureDay();
}

/// <summary>How far the comparison of a day is.</summary>
public enum DayState
{
    /// <summary>It was never begun.</summary>
    Unknown,

    /// <summary>It is under way.</summary>
    Running,

    /// <summary>It has ended.</summary>
    Done,
}

/// <summary>What came out of the comparison of a day.</summary>
[GenerateSerializer, Immutable, Alias("fleet.day-report")]
public sealed record DayReport
{
    [Id(0)] public DayState State { get; init; }

    [Id(1)] public DateTimeOffset? StartedAt { get; init; }

    [Id(2)] public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Why it is not complete, as a sentence; null when it is.</summary>
    [Id(3)] public string? Problem { get; init; }

    /// <summary>The transactions of SumUp that were read so far, also those around the day.</summary>
    [Id(4)] public int TransactionsRead { get; init; }

    /// <summary>All differences by kind, also those that are not kept.</summary>
    [Id(5)] public IReadOnlyList<DifferenceCount> Counts { get; init; } = [];

    /// <summary>The first differences, the oldest first.</summary>
    [Id(6)] public IReadOnlyList<DifferenceLine> Differences { get; init; } = [];

    [Id(7)] public IReadOnlyList<CurrencySum> Sums { get; init; } = [];

    /// <summary>Whether both sides were read wholly, after the day.</summary>
    public bool IsComplete => State is DayState.Done && Problem is null;
}

/// <summary>How many differences of one kind there are.</summary>
[GenerateSerializer, Immutable, Alias("fleet.difference-count")]
public sealed record DifferenceCount([property: Id(0)] DifferenceKind Kind, [property: Id(1)] int Count);

/// <summary>One difference, with what both sides say. What a side does not have or tell is null.</summary>
[GenerateSerializer, Immutable, Alias("fleet.difference-line")]
public sealed record DifferenceLine
{
    [Id(0)] public DifferenceKind Kind { get; init; }

    [Id(1)] public DateTimeOffset At { get; init; }

    [Id(2)] public Guid? CheckoutId { get; init; }

    [Id(3)] public string? ReaderId { get; init; }

    /// <summary>Whether a claim that contradicts the ledger is kept with the checkout.</summary>
    [Id(4)] public bool Disputed { get; init; }

    [Id(5)] public DifferenceSide? Ours { get; init; }

    [Id(6)] public DifferenceSide? Theirs { get; init; }

    /// <summary>SumUp's ids of the transaction.</summary>
    [Id(7)] public string? TransactionCode { get; init; }

    [Id(8)] public string? ClientTransactionId { get; init; }
}

/// <summary>What one side says of a payment.</summary>
/// <param name="Status">Its status, as a word.</param>
/// <param name="Amount">What was charged, with the tip.</param>
/// <param name="Tip">The tip inside of it, in minor units.</param>
/// <param name="Refunded">What was given back, in minor units.</param>
[GenerateSerializer, Immutable, Alias("fleet.difference-side")]
public sealed record DifferenceSide(
    [property: Id(0)] string Status, [property: Id(1)] Money Amount,
    [property: Id(2)] long? Tip, [property: Id(3)] long? Refunded);

/// <summary>A page of the cloud's history, the oldest payments first.</summary>
/// <param name="Items">Its payments.</param>
/// <param name="Unreadable">Payments without a time, an amount or a known status, which cannot be compared.</param>
/// <param name="Next">The query of the next page; null after the last one.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-history-page")]
internal sealed record CloudHistoryPage(
    [property: Id(0)] IReadOnlyList<CloudTransaction> Items, [property: Id(1)] int Unreadable,
    [property: Id(2)] string? Next);

using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;

namespace Fleet.Server.Api;

/// <summary>Many readers at once. Each item has its own result, and none waits for another that is stuck.</summary>
internal sealed class BulkChanges(
    IGrainFactory grains, ReaderCommands commands, AuditLog audit, PairingGuessLimiter guesses)
{
    /// <summary>Items of one call.</summary>
    private const int MaxItems = 500;

    /// <summary>What one portion of items may take, less than a call between nodes may.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private IFleetGatewayGrain Gateway => grains.GetGrain<IFleetGatewayGrain>(0);

    /// <summary>Why a call has too many items, or none where some are required; null when it is right.</summary>
    public static Refusal? CheckCount(string field, int count, bool required = true) =>
        count > MaxItems ? Refusal.InvalidFields([new(field, $"must be at most {MaxItems}")])
        : count == 0 && required ? Refusal.InvalidFields([new(field, "is required")])
        : null;

    /// <summary>Pairs many devices. A key that has tried too many wrong codes is told how long to wait.</summary>
    public IAsyncEnumerable<BulkResult> PairMany(
        MerchantScope merchant, IEnumerable<BulkItem<PairReaderInStore>> orders, bool dryRun,
        CancellationToken cancel) =>
        RunAll(orders, order => order.Reader.ReaderId, some => PairSome(merchant, some, dryRun),
            () => guesses.TimeToWait(merchant.Caller.KeyId), cancel);

    /// <summary>Changes many readers.</summary>
    public IAsyncEnumerable<BulkResult> ChangeMany(
        MerchantScope merchant, IEnumerable<BulkItem<ReaderChange>> changes, bool dryRun, CancellationToken cancel) =>
        RunAll(changes, change => change.ReaderId, some => ChangeSome(merchant, some, dryRun),
            () => TimeSpan.Zero, cancel);

    private async Task<IReadOnlyList<Told>> PairSome(
        MerchantScope merchant, IReadOnlyList<PairReaderInStore> orders, bool dryRun)
    {
        if (!dryRun)
            await Task.WhenAll(orders.Select(order =>
                audit.RecordCall(merchant.Caller, AuditAction.ReaderPair, order.Reader.ReaderId)));
        var outcomes = await Gateway.PairReaders(orders, dryRun, Deadline);
        foreach (var reply in outcomes.Select(outcome => outcome.Result).OfType<PairReply>())
            guesses.CountAttempt(merchant.Caller.KeyId, reply);
        return [.. outcomes.Select(outcome =>
            new Told(outcome.Error, outcome.Result?.Refusal, outcome.Result?.Reader))];
    }

    /// <summary>What is not within the key's reach is refused first: the audit has no row about it.</summary>
    private async Task<IReadOnlyList<Told>> ChangeSome(
        MerchantScope merchant, IReadOnlyList<ReaderChange> changes, bool dryRun)
    {
        var note = merchant.Caller.MakeNote(AuditAction.CheckoutTerminate);
        var tried = await Gateway.ChangeReaders(merchant.Reach, note, changes, dryRun: true, Deadline);
        if (dryRun) return [.. tried.Select(outcome => new Told(outcome.Error, outcome.Result))];
        var there = changes.Where((_, i) => IsThere(tried[i])).ToList();
        await Task.WhenAll(there.Select(change => commands.RecordChange(merchant, change)));
        var done = new Queue<CallOutcome<Refusal?>>(
            await Gateway.ChangeReaders(merchant.Reach, note, there, dryRun: false, Deadline));
        return [.. tried.Select(outcome => IsThere(outcome) ? done.Dequeue() : outcome)
            .Select(outcome => new Told(outcome.Error, outcome.Result))];

        static bool IsThere(CallOutcome<Refusal?> outcome) =>
            outcome.Error is null && outcome.Result is not { Code: RefusalCode.NotFound };
    }

    /// <summary>Does portion by portion; a portion for which the key must wait ends it.</summary>
    private static async IAsyncEnumerable<BulkResult> RunAll<TItem>(
        IEnumerable<BulkItem<TItem>> items, Func<TItem, string> idOf,
        Func<IReadOnlyList<TItem>, Task<IReadOnlyList<Told>>> run,
        Func<TimeSpan> timeToWait, [EnumeratorCancellation] CancellationToken cancel) where TItem : class
    {
        foreach (var portion in items.Index().Chunk(FanOut.AtOnce))
        {
            cancel.ThrowIfCancellationRequested();
            var sound = new List<(int Index, TItem Item)>();
            foreach (var (index, (item, refusal)) in portion)
            {
                if (item is not null && Ids.IsReader(idOf(item))) sound.Add((index, item));
                else yield return new(index, Refusal: refusal ?? Refusal.NotFound);
            }
            if (timeToWait() is var wait && wait > TimeSpan.Zero)
            {
                yield return new(portion[0].Index, Locked: wait);
                yield break;
            }
            var told = await run([.. sound.Select(one => one.Item)]);
            foreach (var ((index, item), (error, refusal, reader)) in sound.Zip(told))
                yield return new(index, reader?.Id ?? idOf(item), error, refusal, Store: reader?.Pairing.Store ?? "");
        }
    }

    /// <summary>What one call said.</summary>
    /// <param name="Error">Why it is not known what became of the item.</param>
    /// <param name="Refusal">Why it was not done.</param>
    /// <param name="Reader">The reader that was made, or was there already.</param>
    private readonly record struct Told(string? Error, Refusal? Refusal, ReaderSnapshot? Reader = null);
}

/// <summary>One item of a call about many.</summary>
/// <param name="Item">What to do, checked; null when its fields are wrong.</param>
/// <param name="Refusal">What is wrong with them.</param>
internal readonly record struct BulkItem<TItem>(TItem? Item, Refusal? Refusal = null) where TItem : class;

/// <summary>What became of one item among many.</summary>
/// <param name="Index">Its place in the call.</param>
/// <param name="ReaderId">The reader it is about; empty when it is about none.</param>
/// <param name="Error">Why it is not known what became of it.</param>
/// <param name="Refusal">Why it was not done.</param>
/// <param name="Locked">
/// How long the key must wait that has tried too many wrong codes: from this item on nothing was tried.
/// </param>
/// <param name="Store">The store of a reader that was paired; empty for other work.</param>
internal sealed record BulkResult(
    int Index, string ReaderId = "", string? Error = null, Refusal? Refusal = null, TimeSpan? Locked = null,
    string Store = "");

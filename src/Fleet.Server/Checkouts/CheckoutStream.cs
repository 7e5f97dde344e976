using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Changes;
using Fleet.Server.Storage;
using Fleet.Server.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Checkouts as they change. A stream begins with what is so, and an outcome is told at least once: where
/// something may have been missed it is read from the ledger again, so repeats are possible.
/// </summary>
internal sealed class CheckoutStream(
    CheckoutRecords checkouts, ITransactions transactions, ChangeSubscriber changes, IHostApplicationLifetime host,
    TimeProvider time)
{
    /// <summary>How often a quiet stream says that it is alive.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>How much earlier than its last event a stream goes on: commits come in another order.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(10);

    /// <summary>Entries of history read at once.</summary>
    private const int PageSize = 500;

    private const string Current = "current", Ping = "ping";

    /// <summary>One checkout: as it is, then each thing that happens, until its outcome.</summary>
    public async IAsyncEnumerable<News> OfCheckout(
        Reach caller, Guid checkoutId, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (!host.ApplicationStopping.IsCancellationRequested)
        {
            using var watch = await changes.Open(caller.MerchantCode, checkoutId, cancel);
            if (await checkouts.Find(caller, checkoutId, cancel) is not { } checkout) yield break;
            yield return new(Current, checkout);
            if (!checkout.IsOpen) yield break;
            await foreach (var happened in Hear(watch, cancel))
            {
                yield return NewsOf(happened);
                if (happened is { IsOutcome: true }) yield break;
            }
        }
    }

    /// <summary>All checkouts of a merchant.</summary>
    /// <param name="merchantCode">The merchant.</param>
    /// <param name="since">The last event somebody has; outcomes and refunds since then come first.</param>
    /// <param name="cancel">Ends the stream.</param>
    public async IAsyncEnumerable<News> OfMerchant(
        string merchantCode, Guid? since, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (last, resumes) = (since ?? HistoryRef.Before(time.Now()), since is not null);
        while (!host.ApplicationStopping.IsCancellationRequested)
        {
            using var watch = await changes.Open(merchantCode, null, cancel);
            yield return new(Ping, Place: last); // so that a stream that ends before its first event can be resumed too
            if (resumes)
            {
                await foreach (var entry in Since(merchantCode, HistoryRef.Earlier(last, Overlap), cancel))
                {
                    last = entry.Ref > last ? entry.Ref : last;
                    yield return new(WordOf(entry), entry.Checkout, last);
                }
            }
            resumes = true;
            await foreach (var happened in Hear(watch, cancel))
            {
                var place = happened is null ? null : HistoryRow.Of(happened)?.Ref;
                last = place > last ? place.Value : last;
                yield return NewsOf(happened, place is null ? null : last);
            }
        }
    }

    /// <summary>What is heard; null after a silence. Ends when the watch does, or the node stops.</summary>
    private async IAsyncEnumerable<ReaderEvent?> Hear(
        Watch watch, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var (happened, silent) = await Next(watch, cancel);
            if (happened is null && !silent) yield break;
            yield return happened;
        }
    }

    private async Task<(ReaderEvent? Happened, bool Silent)> Next(Watch watch, CancellationToken cancel)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            silence.Token, cancel, host.ApplicationStopping);
        try
        {
            return (await watch.Next(either.Token), false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, !host.ApplicationStopping.IsCancellationRequested);
        }
    }

    private async IAsyncEnumerable<HistoryEntry> Since(
        string merchantCode, Guid place, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var page = await transactions.List(merchantCode, new() { Limit = PageSize, After = place }, cancel);
            foreach (var entry in page) yield return entry;
            if (page.Count < PageSize) yield break;
            place = page[^1].Ref;
        }
    }

    private static string WordOf(HistoryEntry entry) => entry switch
    {
        { Kind: HistoryKind.Refund } => EventKind.Refunded.Word(),
        { Checkout.State: CheckoutState.Successful } => EventKind.Succeeded.Word(),
        _ => entry.Checkout.State.Word(),
    };

    private static News NewsOf(ReaderEvent? happened, Guid? place = null) =>
        happened is null ? new(Ping) : new(happened.Kind.Word(), happened.Checkout, place);
}

/// <summary>What a stream tells.</summary>
/// <param name="Kind">What happened; <c>current</c> for how it is, <c>ping</c> for nothing.</param>
/// <param name="Checkout">The checkout as that left it; null for nothing.</param>
/// <param name="Place">Where it is in the history, for what can be told again.</param>
internal readonly record struct News(string Kind, Checkout? Checkout = null, Guid? Place = null);

using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Checkouts as they change. A stream begins with what is so, and an outcome is told at least once: where
/// something may have been missed it is read from the ledger again, so repeats are possible. While the ledger does not
/// answer there is nothing to tell, and streams stay.
/// </summary>
internal sealed class CheckoutStream(
    CheckoutQueries checkouts, ITransactions transactions, ChangeSubscriber changes, NodeLeaving node,
    TimeProvider time)
{
    /// <summary>How often a quiet stream says that it is alive.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>How much earlier than its last event a stream goes on: commits come in another order.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(10);

    /// <summary>Between two looks at a ledger that does not answer.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Entries of history read at once.</summary>
    private const int PageSize = 500;

    private const string Current = "current", Ping = "ping";

    /// <summary>One checkout: as it is, then each thing that happens. The last that is told is its outcome.</summary>
    public async IAsyncEnumerable<StreamEvent> OfCheckout(
        Reach caller, Guid checkoutId, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (!node.Token.IsCancellationRequested)
        {
            using var watch = await changes.OpenWatch(caller.MerchantCode, checkoutId, cancel);
            if (await TryRead(() => checkouts.FindCheckout(caller, checkoutId, cancel), cancel)
                is not (var checkout, true))
            {
                yield return new(Ping);
                continue;
            }
            if (checkout is null) yield break;
            yield return checkout.IsOpen ? new(Current, checkout) : OutcomeOf(checkout);
            if (!checkout.IsOpen) yield break;
            await foreach (var happened in HearEvents(watch, cancel))
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
    public async IAsyncEnumerable<StreamEvent> OfMerchant(
        string merchantCode, Guid? since, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (last, resumes) = (HistoryKey.BeforeTime(time.Now()), since is not null);
        if (since < last) last = since.Value; // behind a place that is still to come nothing would be looked for
        while (!node.Token.IsCancellationRequested)
        {
            using var watch = await changes.OpenWatch(merchantCode, null, cancel);
            yield return new(Ping, Place: last); // so that a stream that ends before its first event can be resumed too
            if (resumes)
            {
                await foreach (var missed in ListMissed(merchantCode, HistoryKey.MoveEarlier(last, Overlap), cancel))
                {
                    last = missed.Place > last ? missed.Place.Value : last;
                    yield return missed;
                }
            }
            resumes = true;
            await foreach (var happened in HearEvents(watch, cancel))
            {
                var news = NewsOf(happened);
                last = news.Place > last ? news.Place.Value : last;
                yield return news;
            }
        }
    }

    /// <summary>Whether somebody who has heard what is at this place knows how the checkout ended.</summary>
    public static bool IsOutcome(Guid? place, Checkout checkout) =>
        !checkout.IsOpen && place == HistoryRow.PaymentRef(checkout);

    /// <summary>What is heard; null after a silence. Ends when the watch does, or the node stops.</summary>
    private async IAsyncEnumerable<ReaderEvent?> HearEvents(
        ChangeWatch watch, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var (happened, silent) = await NextEvent(watch, cancel);
            if (happened is null && !silent) yield break;
            yield return happened;
        }
    }

    private async Task<(ReaderEvent? Happened, bool Silent)> NextEvent(ChangeWatch watch, CancellationToken cancel)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel, node.Token);
        try
        {
            return (await watch.NextEvent(either.Token), false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, !node.Token.IsCancellationRequested);
        }
    }

    /// <summary>Outcomes and refunds behind a place, as their checkouts are now.</summary>
    private async IAsyncEnumerable<StreamEvent> ListMissed(
        string merchantCode, Guid place, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (!node.Token.IsCancellationRequested)
        {
            var query = new HistoryQuery { Limit = PageSize, After = place };
            if (await TryRead(() => transactions.ListHistory(merchantCode, query, cancel), cancel)
                is not ({ } page, true))
            {
                yield return new(Ping);
                continue;
            }
            foreach (var entry in page) yield return new(WordOf(entry), entry.Checkout, entry.Ref);
            if (page.Count < PageSize) yield break;
            place = page[^1].Ref;
        }
    }

    /// <summary>Looks into the ledger; not known, after a pause, when that does not answer.</summary>
    private async Task<(T? Seen, bool Known)> TryRead<T>(Func<Task<T>> look, CancellationToken cancel)
    {
        try
        {
            return (await look(), true);
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            await Task.Delay(Pause, time, cancel);
            return (default, false);
        }
    }

    private static string WordOf(HistoryEntry entry) => entry switch
    {
        { Kind: HistoryKind.Refund } => EventKind.Refunded.ToWireName(),
        _ => WordOf(entry.Checkout),
    };

    private static string WordOf(Checkout ended) =>
        ended.State is CheckoutState.Successful ? EventKind.Succeeded.ToWireName() : ended.State.ToWireName();

    private static StreamEvent OutcomeOf(Checkout ended) => new(WordOf(ended), ended, HistoryRow.PaymentRef(ended));

    private static StreamEvent NewsOf(ReaderEvent? happened) => happened is null
        ? new(Ping)
        : new(happened.Kind.ToWireName(), happened.Checkout, HistoryRow.FromEvent(happened)?.Ref);
}

/// <summary>What a stream tells.</summary>
/// <param name="Kind">What happened; <c>current</c> for how it is, <c>ping</c> for nothing.</param>
/// <param name="Checkout">The checkout as that left it; null for nothing.</param>
/// <param name="Place">Where it is in the history, for what can be told again.</param>
internal readonly record struct StreamEvent(string Kind, Checkout? Checkout = null, Guid? Place = null);

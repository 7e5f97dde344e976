using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Streams of checkouts as they change. A stream begins with the present state, and each outcome is sent at least once:
/// where events may have been missed they are read from the ledger again, so repeats are possible. While the ledger
/// does not answer, nothing is sent, and streams stay open.
/// </summary>
internal sealed class CheckoutStream(
    CheckoutQueries checkouts, ITransactions transactions, ChangeSubscriber changes, NodeLeaving node,
    TimeProvider time)
{
    /// <summary>After how long without an event a stream sends a ping.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How much earlier than its last event a stream reads again, because commits come in another order.
    /// </summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(10);

    /// <summary>The pause between two reads when the ledger does not answer.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Entries of history that are read at once.</summary>
    private const int PageSize = 500;

    private const string Current = "current", Ping = "ping";

    /// <summary>One checkout: its present state, then each event. The last event is its outcome.</summary>
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
                if (happened is { IsEnd: true }) yield break;
            }
        }
    }

    /// <summary>All checkouts of a merchant.</summary>
    /// <param name="merchantCode">The merchant.</param>
    /// <param name="since">The last event that the caller has; outcomes and refunds after it come first.</param>
    /// <param name="cancel">Ends the stream.</param>
    public async IAsyncEnumerable<StreamEvent> OfMerchant(
        string merchantCode, Guid? since, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (last, resumes) = (HistoryKey.BeforeTime(time.Now()), since is not null);
        if (since < last) last = since.Value; // a place in the future would hide all events until then
        while (!node.Token.IsCancellationRequested)
        {
            using var watch = await changes.OpenWatch(merchantCode, null, cancel);
            // so that a stream that ends before its first event can be resumed, too
            yield return new(Ping, Place: last);
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

    /// <summary>Whether the event at this place is the outcome of the checkout.</summary>
    public static bool IsOutcome(Guid? place, Checkout checkout) =>
        !checkout.IsOpen && place == HistoryRow.PaymentRef(checkout);

    /// <summary>Events of the watch; null after a silence. Ends when the watch ends, or the node stops.</summary>
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

    /// <summary>Outcomes and refunds after a place, with the present state of their checkouts.</summary>
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

    /// <summary>Reads the ledger; not known, after a pause, when the ledger does not answer.</summary>
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

/// <summary>One message of a stream.</summary>
/// <param name="Kind">What happened; <c>current</c> for the present state, <c>ping</c> when nothing happened.</param>
/// <param name="Checkout">The checkout after the event; null for a ping.</param>
/// <param name="Place">The place of the event in the history, from which a stream can be resumed.</param>
internal readonly record struct StreamEvent(string Kind, Checkout? Checkout = null, Guid? Place = null);

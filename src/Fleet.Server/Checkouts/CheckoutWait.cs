using Fleet.Core;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Waits for the outcome of a checkout, which any node may commit. A waiting caller costs an entry in a list: the
/// ledger is read only at the beginning and at the end.
/// </summary>
internal sealed class CheckoutWait(
    CheckoutQueries checkouts, ChangeSubscriber changes, NodeLeaving node, TimeProvider time)
{
    /// <summary>The longest wait, shorter than the time that proxies allow a request.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The pause between two reads when the ledger does not answer.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The checkout with its outcome, or as it is when the time is over or the node stops.</summary>
    /// <exception cref="TooManyWatchesException">This node has too many waiting callers.</exception>
    public async Task<Checkout?> ForOutcome(
        Reach caller, Guid checkoutId, TimeSpan patience, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, node.Token);
        while (true)
        {
            // The watch begins before the read, so that a commit between the two is not missed.
            using var watch = await changes.OpenWatch(caller.MerchantCode, checkoutId, cancel);
            try
            {
                var checkout = await checkouts.FindCheckout(caller, checkoutId, cancel);
                if (checkout is not { IsOpen: true } || either.IsCancellationRequested) return checkout;
            }
            catch (Exception e)
                when (TransientFailure.Is(e) && !cancel.IsCancellationRequested && !either.IsCancellationRequested)
            {
                // There is time left to read again.
                await Task.Delay(Pause, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            if (await AwaitOutcome(watch, either.Token, cancel) is { } ended) return ended;
        }
    }

    /// <summary>The checkout with its outcome; null when the watch ended without it, or the wait is over.</summary>
    private static async Task<Checkout?> AwaitOutcome(
        ChangeWatch watch, CancellationToken over, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancel);
        try
        {
            while (await watch.NextEvent(either.Token) is { } happened)
            {
                if (happened.IsEnd) return happened.Checkout;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The time is over: the present state is read once more.
        }
        return null;
    }
}

using Fleet.Core;
using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Stores;

/// <summary>Gives the free readers of a board to tills, in the order of the queue.</summary>
internal sealed class ReaderAssignment(StoreBoard board, StoreQueue queue, FleetMeter meter, TimeProvider time)
{
    /// <summary>How long a call waits for a reader, well below the time-out of a call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Func<RouteRequest, ChosenReader?> _choose =
        ask => board.ChooseReader(ask.Wish, ask.CheckoutId, time.Now()).Chosen;

    /// <summary>Gives a till a reader, or a place in the queue, with which it must ask again.</summary>
    public async Task<RouteReply> ChooseReader(RouteRequest ask)
    {
        ServeQueue(); // a reader that was reserved without use is free by now, for the till that waits longest
        if (!queue.HasPlace(ask.CheckoutId))
        {
            var (chosen, counts) = board.ChooseReader(ask.Wish, ask.CheckoutId, time.Now());
            if (chosen is not null) return new(chosen);
            if (ask.Until is null || counts.NoneFits) return RouteReply.ForRefusal(Refusal.NotRouted(counts));
            if (queue.TryEnter(ask, time.Now()) is { } refusal) return RouteReply.ForRefusal(refusal);
            board.MarkChanged();
        }
        var next = await queue.AwaitReader(ask.CheckoutId, Patience, time);
        if (next is null) return RouteReply.StillWaiting;
        meter.MeasureWait(QueueEnd.Served, time.Now() - ask.Since);
        return new(next);
    }

    /// <summary>Offers the readers that are free to the tills that wait.</summary>
    public void ServeQueue() => queue.ServeTills(_choose);

    /// <summary>Ends a till's place in the queue, or its reservation of a reader.</summary>
    public void LeaveQueue(Guid checkoutId)
    {
        board.ReleaseReader(checkoutId);
        if (queue.RemovePlace(checkoutId) is { } ask)
        {
            board.MarkChanged();
            MeasureWait(ask);
        }
        ServeQueue();
    }

    /// <summary>Removes places and reservations of tills that do not ask any more.</summary>
    public void ForgetSilentTills()
    {
        foreach (var gone in queue.ForgetSilent(time.Now()))
        {
            board.ReleaseReader(gone.CheckoutId);
            MeasureWait(gone);
        }
        ServeQueue();
    }

    private void MeasureWait(RouteRequest gone) => meter.MeasureWait(
        time.Now() < gone.Until ? QueueEnd.Left : QueueEnd.Timeout, time.Now() - gone.Since);
}

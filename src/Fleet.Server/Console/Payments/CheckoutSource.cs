using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Server.Api.Rest;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Fleet.Server.Console.Live;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.Components;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Payments;

/// <summary>Tells how a checkout is, and then what changes. Who may see it was checked before.</summary>
internal sealed class CheckoutSource(
    CheckoutQueries checkouts, ITransactions transactions, IExchanges exchanges, IDeliveries deliveries,
    ChangeSubscriber changes, Fragments fragments, TimeProvider time)
{
    /// <summary>
    /// After how long a checkout is read again without an event: calls to SumUp and webhooks make none. The first is
    /// for one that is open or has just ended.
    /// </summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2), Later = TimeSpan.FromSeconds(30);

    /// <summary>How long after its last event a checkout is read often.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Disputes of a checkout whose webhooks are looked for, and webhooks of one time among them.</summary>
    private const int MaxDisputes = 5, MaxAtOnce = 100;

    /// <summary>Follows a checkout until it is cancelled.</summary>
    /// <param name="all">All that belongs to its merchant.</param>
    /// <param name="id">The checkout.</param>
    /// <param name="withFacts">Whether the viewers may see transactions.</param>
    /// <param name="withDelivery">Whether they may see webhooks.</param>
    /// <param name="cancel">Ends it.</param>
    public async IAsyncEnumerable<LiveChange> Follow(
        Reach all, Guid id, bool withFacts, bool withDelivery, [EnumeratorCancellation] CancellationToken cancel)
    {
        IReadOnlyList<LivePart> last = [];
        while (!cancel.IsCancellationRequested)
        {
            using var watch = await changes.OpenWatch(all.MerchantCode, id, cancel);
            bool goesOn;
            do
            {
                if (await Read(all, id, withFacts, withDelivery, cancel) is not { } view) yield break;
                var parts = await Render(view);
                if (!parts.SequenceEqual(last)) yield return new(Whole: true, last = parts);
                goesOn = await AwaitChange(watch, view, cancel);
            }
            while (goesOn);
        }
    }

    private async Task<CheckoutView?> Read(
        Reach all, Guid id, bool withFacts, bool withDelivery, CancellationToken cancel)
    {
        if (await checkouts.FindCheckout(all, id, cancel) is null
            || await transactions.ListEvents(id, cancel) is not [{ Checkout: var checkout }, ..] entries)
            return null;
        var timeline = checkout.ToTimeline(
            entries, await exchanges.ListOfCheckout(id, TimelineView.MaxExchanges, cancel));
        var delivery = withDelivery ? await deliveries.FindDelivery(all.MerchantCode, id, cancel) : null;
        return new(timeline, withFacts ? PaymentFacts.FromCheckout(checkout) : null,
            delivery is null ? null : WebhooksRpc.ToMessage(DeliveryView.FromDelivery(delivery)), withDelivery,
            withDelivery ? await ListDisputes(timeline, cancel) : []);
    }

    /// <summary>
    /// The webhooks of the disputes of a checkout. They have ids of their own, and the time of their events: by that
    /// they are looked for among the merchant's.
    /// </summary>
    public async Task<IReadOnlyList<Proto.WebhookDelivery>> ListDisputes(
        Proto.CheckoutTimeline timeline, CancellationToken cancel)
    {
        var (checkout, found) = (timeline.Checkout, new List<Proto.WebhookDelivery>());
        var times = timeline.Events.Where(told => told.Claim is not null).Select(told => told.At.ToDateTimeOffset());
        foreach (var at in times.Take(MaxDisputes))
        {
            var page = new DeliveryPage(Enum.GetValues<DeliveryState>(), at,
                DeliveryPlace.BeforeTime(at + TimeSpan.FromMilliseconds(1)), MaxAtOnce);
            found.AddRange((await deliveries.ListDeliveries(checkout.MerchantCode, page, cancel))
                .Where(one => one.Event.Body.Contains(checkout.CheckoutId, StringComparison.Ordinal)
                    && $"{one.Event.Id}" != checkout.CheckoutId)
                .Select(one => WebhooksRpc.ToMessage(DeliveryView.FromDelivery(one))));
        }
        return [.. found.DistinctBy(one => one.EventId)];
    }

    private Task<IReadOnlyList<LivePart>> Render(CheckoutView view)
    {
        FragmentOf Part<TPart>(string id) where TPart : IComponent =>
            new(id, typeof(TPart), new() { [nameof(AnswerPart.View)] = view });
        return fragments.Render(
        [
            Part<AnswerPart>("answer"), Part<StoryPart>("story"), Part<FactsPart>("facts"),
            .. view.ShowsDelivery ? [Part<DeliveryPart>("delivery")] : Array.Empty<FragmentOf>(),
        ]);
    }

    /// <summary>Waits for an event, or for the time to read again; false when the watch has ended.</summary>
    private async Task<bool> AwaitChange(ChangeWatch watch, CheckoutView view, CancellationToken cancel)
    {
        var isFresh = view.IsOpen || time.GetUtcNow() - view.Checkout.UpdatedAt.ToDateTimeOffset() < Fresh;
        using var silence = new CancellationTokenSource(isFresh ? Soon : Later, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancel);
        try
        {
            return await watch.NextEvent(either.Token) is not null;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return true;
        }
    }
}

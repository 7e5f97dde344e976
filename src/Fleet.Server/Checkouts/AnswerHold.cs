using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Checkouts;

/// <summary>
/// For tests of a sandbox merchant: holds the answer to Create checkout back until the webhook of the checkout was
/// sent, because a till must be ready for that order, too.
/// </summary>
internal sealed class AnswerHold(IGrainFactory grains, IDeliveries deliveries, TimeProvider time)
{
    /// <summary>The longest hold, and how often it is looked.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5), Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits, if a test of the merchant wants that and the checkout has a receiver.</summary>
    public async Task HoldAnswer(
        MerchantScope merchant, CheckoutTerms terms, StartReply reply, CancellationToken cancel)
    {
        if (!merchant.Merchant.Rules.Sandbox || terms.ReturnUrl is null || reply.Refusal is not null) return;
        if (await grains.GetGrain<IWebhookFaultsGrain>(merchant.Code).GetFaults() is not { BeforeAnswer: true }) return;
        for (var begun = time.GetTimestamp(); time.GetElapsedTime(begun) < Longest;)
        {
            var told = await deliveries.FindDelivery(merchant.Code, reply.CheckoutId, cancel);
            if (told is { State: not DeliveryState.Waiting } or { Failures: > 0 }) return;
            await Task.Delay(Look, time, cancel);
        }
    }
}

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

    /// <summary>The answer to a start, held back if a test of the merchant wants that.</summary>
    public Task<StartReply> HoldAnswer(
        MerchantScope merchant, CheckoutTerms terms, Task<StartReply> start, CancellationToken cancel) =>
        merchant.Merchant.Rules.Sandbox && terms.ReturnUrl is not null ? Hold(merchant.Code, start, cancel) : start;

    private async Task<StartReply> Hold(string merchantCode, Task<StartReply> start, CancellationToken cancel)
    {
        var reply = await start;
        if (reply.Refusal is null
            && await grains.GetGrain<IWebhookFaultsGrain>(merchantCode).GetFaults() is { BeforeAnswer: true })
            await AwaitDelivery(merchantCode, reply.CheckoutId, cancel);
        return reply;
    }

    private async Task AwaitDelivery(string merchantCode, Guid checkoutId, CancellationToken cancel)
    {
        for (var begun = time.GetTimestamp(); time.GetElapsedTime(begun) < Longest;)
        {
            var told = await deliveries.FindDelivery(merchantCode, checkoutId, cancel);
            if (told is { State: not DeliveryState.Waiting } or { Failures: > 0 }) return;
            await Task.Delay(Look, time, cancel);
        }
    }
}

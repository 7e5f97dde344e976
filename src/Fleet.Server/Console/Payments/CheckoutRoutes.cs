using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Live;
using Grpc.Core;

namespace Fleet.Server.Console.Payments;

/// <summary>The page of a checkout: did it charge, and why not?</summary>
internal static class CheckoutRoutes
{
    private const string Path = "m/{merchant_code}/checkouts/{checkout_id}";

    /// <summary>What a key needs to see more of a payment than its timeline.</summary>
    private static readonly RequiredScopeAttribute Transactions = new(Scopes.TransactionsRead);

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<CheckoutPage, CheckoutPageView>(Path, Read);
        routes.MapStream(Path + "/live", Watch);
        routes.MapAction(Path + "/terminate", Terminate);
        routes.MapAction(Path + "/replay", Replay);
        RefundRoutes.Map(routes, Path + "/refund");
        ReceiptRoutes.Map(routes, Path + "/receipt");
        OutcomeRoutes.Map(routes, Path);
    }

    /// <summary>The id of the checkout in the path, which may be its client transaction id.</summary>
    public static string IdOf(PageRequest page)
    {
        var text = page.Route("checkout_id");
        return Ids.IsUuid(text, out var id) && id.Version == 4 ? Ids.CheckoutOf(id).ToString() : text;
    }

    /// <summary>The address of the checkout in the path.</summary>
    public static string PageOf(PageRequest page) => $"m/{page.Route("merchant_code")}/checkouts/{IdOf(page)}";

    /// <summary>The checkout in the path.</summary>
    public static Task<Protocol.V1.Checkout> Find(PageRequest page) =>
        page.Api.Call(page.Api.Of<CheckoutsRpc>().Get, new GetRequest { CheckoutId = IdOf(page) });

    private static async Task<CheckoutPageView> Read(PageRequest page)
    {
        var timeline = await ReadTimeline(page);
        var checkout = timeline.Checkout;
        var (facts, deliveries) = RightsOf(page);
        var view = new CheckoutView(
            timeline,
            facts ? await ReadFacts(page) : null,
            deliveries ? await Seek(page.Api.Call(
                page.Api.Of<WebhooksRpc>().Get, new GetWebhookRequest { EventId = checkout.CheckoutId })) : null,
            deliveries,
            deliveries ? await page.Get<CheckoutSource>().ListDisputes(timeline, page.Aborted) : []);
        var reader = page.Can(Scopes.ReadersRead)
            ? await Seek(page.Api.Call(
                page.Api.Of<ReadersRpc>().Get, new GetReaderRequest { ReaderId = checkout.ReaderId }))
            : null;
        return new(view, reader);
    }

    private static Task<CheckoutTimeline> ReadTimeline(PageRequest page) =>
        page.Api.Call(page.Api.Of<CheckoutsRpc>().Timeline, new TimelineRequest { CheckoutId = IdOf(page) });

    private static async Task<PaymentFacts?> ReadFacts(PageRequest page)
    {
        var scope = await page.Api.Admit(Transactions);
        return Ids.IsUuid(IdOf(page), out var id)
            && await page.Get<CheckoutQueries>().FindCheckout(scope.Reach, id, page.Aborted) is { } found
            ? PaymentFacts.FromCheckout(found)
            : null;
    }

    /// <summary>Viewers with the same rights share a broadcast.</summary>
    private static async Task Watch(PageRequest page)
    {
        var checkout = (await ReadTimeline(page)).Checkout;
        var (facts, deliveries) = RightsOf(page);
        var id = Guid.Parse(checkout.CheckoutId);
        var (merchant, source) = (checkout.MerchantCode, page.Get<CheckoutSource>());
        await page.Get<Broadcasts>().Send(page, $"checkout {merchant} {id} {facts} {deliveries}",
            cancel => source.Follow(new(merchant), id, facts, deliveries, cancel));
    }

    private static (bool Facts, bool Deliveries) RightsOf(PageRequest page) => (page.Can(Scopes.TransactionsRead),
        page.Can(Scopes.WebhooksWrite) && page.Viewer?.Grant.Store is null);

    private static async Task<string> Terminate(PageRequest page)
    {
        var checkout = await Find(page);
        await page.Api.Call(page.Api.Of<CheckoutsRpc>().Terminate, new TerminateRequest
        {
            ReaderId = checkout.ReaderId, ExpectedCheckoutId = checkout.CheckoutId,
        });
        return PageOf(page);
    }

    private static async Task<string> Replay(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<WebhooksRpc>().Replay, new ReplayWebhookRequest { EventId = IdOf(page) });
        return PageOf(page);
    }

    /// <summary>What may not be there any more.</summary>
    private static async Task<T?> Seek<T>(Task<T> read) where T : class
    {
        try
        {
            return await read;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }
}

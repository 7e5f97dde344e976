using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Console.Webhooks;

/// <summary>What was told to the receivers of a merchant: dead letters, replays and tests.</summary>
internal static class WebhookRoutes
{
    private const int PageSize = 50;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<WebhooksPage, WebhooksView>("m/{merchant_code}/webhooks", ReadList);
        routes.MapPage<WebhookPage, WebhookView>("m/{merchant_code}/webhooks/{event_id}", async page => new(
            await page.Api.Call(page.Api.Of<WebhooksRpc>().Get,
                new GetWebhookRequest { EventId = page.Route("event_id") })));
        routes.MapAction("m/{merchant_code}/webhooks/{event_id}/replay", async page => ToPage(page, await page.Api.Call(
            page.Api.Of<WebhooksRpc>().Replay, new ReplayWebhookRequest { EventId = page.Route("event_id") })));
        routes.MapAction("m/{merchant_code}/webhooks/replay", ReplayDay);
        routes.MapAction("m/{merchant_code}/webhooks/test", async page => ToPage(page, await page.Api.Call(
            page.Api.Of<WebhooksRpc>().Test, new TestWebhookRequest { Url = page.Form("url") })));
    }

    private static string ToPage(PageRequest page, WebhookDelivery delivery) =>
        $"m/{page.MerchantCode}/webhooks/{delivery.EventId}";

    private static async Task<WebhooksView> ReadList(PageRequest page) => new(await page.Api.Call(
        page.Api.Of<WebhooksRpc>().List,
        new ListWebhooksRequest
        {
            State = page.Query("state"), PageSize = PageSize, PageToken = page.Query("page_token"),
        }));

    /// <summary>Sends all dead events of a day of UTC again.</summary>
    private static async Task<string> ReplayDay(PageRequest page)
    {
        if (!DateOnly.TryParseExact(page.Form("day"), "yyyy-MM-dd", out var day))
            throw new PageRefusal(StatusCodes.Status400BadRequest, "The day must be a date like 2026-11-30.");
        var from = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        var ask = new ReplayWebhooksRequest { From = from.ToTimestamp(), To = from.AddDays(1).ToTimestamp() };
        while ((await page.Api.Call(page.Api.Of<WebhooksRpc>().ReplayMany, ask)).More) { }
        return $"m/{page.MerchantCode}/webhooks?state=waiting";
    }
}

/// <summary>A page of the list.</summary>
public sealed record WebhooksView(ListWebhooksReply List)
{
    public static IReadOnlyList<string> States { get; } = ["waiting", "delivered", "dead"];
}

/// <summary>One event and its deliveries.</summary>
public sealed record WebhookView(WebhookDelivery Delivery);

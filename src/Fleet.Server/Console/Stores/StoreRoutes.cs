using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Errors;
using Fleet.Protocol.V1;
using Fleet.Server.Access;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;
using Fleet.Server.Console.Parts;
using Fleet.Server.Console.Readers;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Server.Console.Stores;

/// <summary>A store: its board, live, and payments that are started there.</summary>
internal static class StoreRoutes
{
    private const string Path = "m/{merchant_code}/stores/{store}";

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<StorePage, StoreView>(Path, Read);
        routes.MapStream(Path + "/live", Watch);
        routes.MapAction(Path + "/start", Start);
    }

    private static async Task<StoreView> Read(PageRequest page)
    {
        var store = page.Route("store");
        var board = await page.Api.Call(page.Api.Of<StoresRpc>().Board, new BoardRequest { Store = store });
        var known = await page.Api.Call(page.Api.Of<StoresRpc>().Get, new GetStoreRequest { Store = store });
        var rules = page.Get<MerchantDirectory>().FindMerchant(page.Route("merchant_code"))?.Rules;
        return new(known, board, page.Get<TimeProvider>().GetUtcNow(), rules?.Currency, rules is { Sandbox: false },
            await EndedPayment.Read(page));
    }

    private static async Task Watch(PageRequest page)
    {
        var (merchant, store) = (page.Route("merchant_code"), page.Route("store"));
        await page.Api.Call(page.Api.Of<StoresRpc>().Get, new GetStoreRequest { Store = store });
        await page.Get<Broadcasts>().Send(page, $"store {merchant}/{store}", page.Get<StoreLive>().Of(merchant, store));
    }

    /// <summary>Starts a payment. The form has a key of its own, so that sending it twice charges once.</summary>
    private static async Task<string> Start(PageRequest page)
    {
        if (page.Form("idempotency_key").Length == 0) throw RpcErrors.InvalidField("idempotency_key", "is required");
        var ask = new StartRequest
        {
            TotalAmount = AmountText.ReadCharge(page.Form("amount"), page.Form("currency")),
            Description = page.Form("description"),
            IdempotencyKey = page.Form("idempotency_key"),
        };
        if (page.Form("app_id").Length > 0) ask.Affiliate = new()
        {
            AppId = page.Form("app_id"),
            Key = page.Form("affiliate_key"),
            ForeignTransactionId = page.Form("reference"),
        };
        if (page.Form("reader") is { Length: > 0 } reader) ask.ReaderId = reader;
        else ask.Route = new() { Store = page.Route("store") };
        var (merchant, id) = ($"m/{page.Route("merchant_code")}", await Start(page, ask));
        return page.Can(Scopes.CheckoutsRead)
            ? $"{merchant}/checkouts/{id}"
            : $"{merchant}/stores/{Uri.EscapeDataString(page.Route("store"))}";
    }

    /// <summary>
    /// The id of the checkout, also when it is not known whether SumUp took it: its page says what to do then.
    /// </summary>
    private static async Task<string> Start(PageRequest page, StartRequest ask)
    {
        try
        {
            return (await page.Api.Call(page.Api.Of<CheckoutsRpc>().Start, ask)).CheckoutId;
        }
        catch (RpcException e) when (e.GetRpcStatus()?.GetDetail<ErrorInfo>() is { } info
            && ErrorCatalogue.Find(info.Reason)?.Refusal is RefusalCode.OutcomeUnknown)
        {
            return info.Metadata["checkout_id"];
        }
    }
}

/// <summary>What the page of a store shows.</summary>
/// <param name="Store">The store.</param>
/// <param name="Board">Its readers and waiting tills.</param>
/// <param name="Now">The time at this node.</param>
/// <param name="OnlyCurrency">The only currency that the merchant takes; null for any.</param>
/// <param name="NeedsAffiliate">Whether a payment must name the affiliate, as it must for a live merchant.</param>
/// <param name="Ended">The payment that was asked to end here, as it is now; null for none.</param>
public sealed record StoreView(
    Store Store, StoreBoard Board, DateTimeOffset Now, string? OnlyCurrency, bool NeedsAffiliate, Checkout? Ended)
{
    /// <summary>The currency of a new payment: the only one, that of a payment on the board, or else EUR.</summary>
    public string Currency => OnlyCurrency
        ?? Board.Readers.Select(reader => reader.Checkout?.TotalAmount.Currency).OfType<string>().FirstOrDefault()
        ?? "EUR";

    /// <summary>The classes of the page that hide what the viewer may not do; the API refuses it anyway.</summary>
    internal static string ClassesOf(PageRequest page) => string.Join(' ', new[]
    {
        page.Can(Scopes.CheckoutsWrite) ? "" : "no-start",
        page.Can(Scopes.ReadersWrite) ? "" : "no-change",
    }.Where(text => text.Length > 0));
}

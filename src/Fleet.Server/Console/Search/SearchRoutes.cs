using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;

namespace Fleet.Server.Console.Search;

/// <summary>One box for everything.</summary>
internal static class SearchRoutes
{
    /// <summary>
    /// Merchants that one search looks at, when the person's key is for the whole chain. Each costs 3 calls.
    /// </summary>
    private const int MaxMerchants = 5;

    /// <summary>Merchants to choose from.</summary>
    private const int MaxShown = 50;

    private const int MaxText = 200;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapStream("search", Show);
        routes.MapStream("search" + Answers.Json, async page => await Answers.Content(page, await Read(page)));
    }

    /// <summary>The list of what was found, or the page of the only thing.</summary>
    private static async Task Show(PageRequest page)
    {
        var found = await Read(page);
        if (found.Only is { } to) page.Http.Response.Redirect(page.Base + to);
        else await Answers.Page<SearchPage, SearchView>(page, found);
    }

    private static async Task<SearchView> Read(PageRequest page)
    {
        var text = page.Query("q");
        if (text.Length > MaxText) throw RpcErrors.InvalidField("q", $"must have at most {MaxText} characters");
        var merchant = page.MerchantCode ?? page.Query("merchant");
        if (merchant.Length > 0) return await SearchMerchant(page, text, merchant);
        if (await MerchantSearch.FindCheckout(page, text) is { } checkout)
            return new(text, "", [checkout], [], [], []);
        return page.Can(Scopes.Admin)
            ? await SearchChain(page, text)
            : new(text, "", [], [], ["This key does not list merchants: open a page of one, and search there."], []);
    }

    private static async Task<SearchView> SearchMerchant(PageRequest page, string text, string merchant)
    {
        if (text.Length == 0) return new(text, merchant, [], [], [], []);
        var hits = await MerchantSearch.FindNamed(page, text, merchant);
        var (payments, notes) = hits.Count == 0 || SearchText.Read(text) is not null
            ? await PaymentSearch.Find(page, text, merchant)
            : ([], []);
        return new(text, merchant, hits, payments, notes, []);
    }

    /// <summary>Merchants with such a name, and what the first merchants have.</summary>
    private static async Task<SearchView> SearchChain(PageRequest page, string text)
    {
        var (all, _) = await ListMerchants(page, "");
        if (text.Length == 0) return new(text, "", [], [], [], all);
        var (named, more) = await ListMerchants(page, text);
        var hits = named.Select(ToHit).ToList();
        foreach (var one in all.Take(MaxMerchants))
            hits.AddRange(await MerchantSearch.FindNamed(page, text, one.MerchantCode));
        List<string> notes = [];
        if (more) notes.Add($"Only the first {named.Count} merchants with this name are listed.");
        if (all.Count > MaxMerchants) notes.Add($"Only the first {MaxMerchants} merchants were searched.");
        notes.Add("Amounts and cards are found within one merchant: choose it.");
        return new(text, "", hits, [], notes, all);
    }

    private static SearchHit ToHit(Merchant one) => new("Merchants", $"m/{one.MerchantCode}",
        one.Name.Length > 0 ? one.Name : one.MerchantCode, one.MerchantCode);

    private static async Task<(IReadOnlyList<Merchant> Merchants, bool More)> ListMerchants(
        PageRequest page, string text)
    {
        var reply = await page.Api.Call(page.Api.Of<MerchantsRpc>().List, new ListMerchantsRequest
        {
            Search = text, PageSize = MaxShown,
        });
        return (reply.Merchants, reply.NextPageToken.Length > 0);
    }
}

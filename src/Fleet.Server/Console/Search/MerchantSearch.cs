using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Protocol.V1;
using Fleet.Server.Api;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.History;
using Fleet.Server.Console.Parts;
using Grpc.Core;
using Checkout = Fleet.Core.Checkouts.Checkout;

namespace Fleet.Server.Console.Search;

/// <summary>Finds what is named by an id, a code or a name.</summary>
internal static class MerchantSearch
{
    /// <summary>Things of one kind that are shown.</summary>
    private const int MaxHits = 20;

    /// <summary>Stores that are looked through.</summary>
    private const int MaxStores = 500;

    /// <summary>Payments without an outcome that are looked through for the name of a till.</summary>
    private const int MaxOpen = 500;

    private static readonly RequiredScopeAttribute Transactions = new(Scopes.TransactionsRead);

    /// <summary>What has this id, code or name at a merchant. What the key may not see is left out.</summary>
    public static async Task<IReadOnlyList<SearchHit>> FindNamed(PageRequest page, string text, string merchant)
    {
        if (Ids.IsReader(text)) return await FindReader(page, text, merchant);
        var payments = await FindPayments(page, text, merchant);
        if (payments.Count > 0 && (Ids.IsUuid(text, out _) || Transaction.IsCode(text.ToUpperInvariant())))
            return payments;
        return [.. payments, .. await ListReaders(page, text, merchant), .. await ListStores(page, text, merchant)];
    }

    /// <summary>The checkout with this id at any merchant that the key reaches; null for none.</summary>
    public static async Task<SearchHit?> FindCheckout(PageRequest page, string text)
    {
        if (!Ids.IsUuid(text, out var id) || !page.Can(Scopes.CheckoutsRead)) return null;
        if (id.Version == 4) id = Ids.CheckoutOf(id);
        if (await page.Get<ITransactions>().FindById(id, page.Aborted) is not { } found) return null;
        // Whether the key may see it is decided by the API.
        return await Seek(page.Api.Call(page.Api.Of<CheckoutsRpc>().Get,
            new GetRequest { CheckoutId = $"{id}" }, found.MerchantCode)) is not null
            ? ToHit(found)
            : null;
    }

    private static async Task<IReadOnlyList<SearchHit>> FindPayments(PageRequest page, string text, string merchant)
    {
        if (!page.Can(Scopes.TransactionsRead) || !FieldCheck.IsStorable(text)) return [];
        var reach = (await page.Api.Admit(Transactions, merchant)).Reach;
        var (checkouts, cancel) = (page.Get<CheckoutQueries>(), page.Aborted);
        Checkout?[] one =
        [
            await checkouts.FindByIdOrCode(reach, Ids.IsUuid(text, out _) ? text : text.ToUpperInvariant(), cancel),
            await checkouts.FindByClientId(reach, text, cancel),
        ];
        var tries = await page.Get<ITransactions>().FindByReference(merchant, text, MaxHits, cancel);
        return [.. one.OfType<Checkout>().Concat(tries.Where(reach.CoversCheckout))
            .Concat(await ListOfTill(page, text, reach)).DistinctBy(found => found.Id).Select(ToHit)];
    }

    private static async Task<IReadOnlyList<SearchHit>> FindReader(PageRequest page, string text, string merchant) =>
        page.Can(Scopes.ReadersRead) && await Seek(page.Api.Call(page.Api.Of<ReadersRpc>().Get,
            new GetReaderRequest { ReaderId = text }, merchant)) is { } reader
            ? [ToHit(reader, merchant)]
            : [];

    /// <summary>The newest payments of the till with exactly this name: open ones and those of its history.</summary>
    private static async Task<IReadOnlyList<Checkout>> ListOfTill(
        PageRequest page, string text, Reach reach)
    {
        var fields = new FieldCheck();
        if (fields.CheckTill("q", text) is not { } till || fields.Errors.Count > 0) return [];
        var query = new HistoryQuery
        {
            Limit = MaxHits, Descending = true, Till = till, Kinds = [HistoryKind.Payment],
        };
        var found = await page.Get<PaymentScan>().Find(reach.MerchantCode, query,
            reach.Store is null ? null : entry => reach.CoversCheckout(entry.Checkout), page.Aborted);
        var open = await page.Get<ITransactions>().ListStarted(reach.MerchantCode, MaxOpen, page.Aborted);
        return
        [
            .. open.Where(one => one.Terms.Till == till && reach.CoversCheckout(one))
                .OrderByDescending(one => one.AcceptedAt).Concat(found.Entries.Select(entry => entry.Checkout))
                .Take(MaxHits),
        ];
    }

    private static async Task<IEnumerable<SearchHit>> ListReaders(PageRequest page, string text, string merchant)
    {
        if (!page.Can(Scopes.ReadersRead)) return [];
        var reply = await Seek(page.Api.Call(page.Api.Of<ReadersRpc>().List,
            new ListReadersRequest { Text = text, PageSize = MaxHits }, merchant));
        return reply?.Readers.Select(reader => ToHit(reader, merchant)) ?? [];
    }

    private static async Task<IEnumerable<SearchHit>> ListStores(PageRequest page, string text, string merchant)
    {
        if (!page.Can(Scopes.FleetRead)) return [];
        var reply = await page.Api.Call(
            page.Api.Of<StoresRpc>().List, new ListStoresRequest { PageSize = MaxStores }, merchant);
        return reply.Stores.Where(one => one.Store_.Contains(text, StringComparison.OrdinalIgnoreCase)
                || one.Name.Contains(text, StringComparison.OrdinalIgnoreCase))
            .Take(MaxHits)
            .Select(one => new SearchHit("Stores", $"m/{merchant}/stores/{one.Store_}", one.Name, one.Store_));
    }

    private static SearchHit ToHit(Checkout found)
    {
        var (state, tone) = Words.StateOf(found.IsUnknown ? State.Unknown : found.State.ToMessage());
        return new("Payments", $"m/{found.MerchantCode}/checkouts/{found.Id}",
            Words.TextOf(found.Terms.Amount.ToMessage()),
            string.Join(' ', found.Id, found.Terms.Affiliate?.ForeignTransactionId, found.Terms.Till).TrimEnd(),
            state, tone);
    }

    private static SearchHit ToHit(Reader reader, string merchant)
    {
        var (state, tone) = Words.StateOf(reader);
        return new("Readers", $"m/{merchant}/readers/{reader.ReaderId}", reader.Name,
            $"{reader.Serial} in {reader.Store}", state, tone);
    }

    /// <summary>What may not be there.</summary>
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

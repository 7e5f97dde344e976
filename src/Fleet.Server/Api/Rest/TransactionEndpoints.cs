using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Reads one transaction, or the history of all.</summary>
internal static class TransactionEndpoints
{
    /// <summary>
    /// The ids by which a transaction is found; the first that is given is looked up, the others must agree.
    /// </summary>
    private static readonly string[] Selectors =
        ["id", "transaction_code", "foreign_transaction_id", "client_transaction_id"];

    public static void MapTransactions(this IEndpointRouteBuilder api)
    {
        var merchant = api.MapGroup("/v2.1/merchants/{merchant_code}/transactions").WithTags("Transactions");
        merchant.MapGet("", GetTransaction).RequireScope(Scopes.TransactionsRead, lacking: 401)
            .TakesQuery([.. Selectors.Select(name => (name, "One of the four is required; several must agree."))])
            .DescribeRoute<TransactionView>("GetTransaction", "Get a transaction by one of its ids", 400, 401, 404);
        merchant.MapGet("history", ListTransactions)
            .RequireScope(Scopes.TransactionsRead, lacking: 401, wholeMerchant: true)
            .TakesQuery(HistoryParameters.Described)
            .DescribeRoute<HistoryView>("ListTransactions", "List transactions and refunds by pages", 400, 401, 403,
                404);
        api.MapOlderRoutes();
    }

    /// <summary>Routes that older clients still call: the merchant is that of the key.</summary>
    private static void MapOlderRoutes(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v0.1/me/transactions", GetTransaction).RequireScope(Scopes.TransactionsRead, lacking: 401)
            .ExcludeFromDescription();
        api.MapGet("/v0.1/me/transactions/history", ListTransactions)
            .RequireScope(Scopes.TransactionsRead, lacking: 401, wholeMerchant: true).ExcludeFromDescription();
    }

    private static async Task<Results<JsonAnswer<TransactionView>, Problem>> GetTransaction(
        MerchantScope merchant, HttpRequest request, CheckoutQueries checkouts, CancellationToken cancel)
    {
        var given = Selectors.Where(name => !string.IsNullOrEmpty(request.Query[name])).ToList();
        if (given.Count == 0)
            return Problem.InvalidParameter(
                new FieldError("id", $"or one of {string.Join(", ", Selectors[1..])} is required"));
        var found =
            await FindTransaction(checkouts, merchant.Reach, given[0], request.Query[given[0]].ToString(), cancel);
        return found is not null && given.TrueForAll(name => MatchesName(found, name, request.Query[name].ToString()))
            ? Answer.Json(TransactionView.FromCheckout(found, request.GetOrigin()), ApiJson.Default.TransactionView)
            : Problem.NoTransaction;
    }

    private static async Task<Checkout?> FindTransaction(
        CheckoutQueries checkouts, Reach caller, string name, string value, CancellationToken cancel) =>
        name switch
        {
            "transaction_code" => await checkouts.FindByCode(caller, value, cancel),
            "foreign_transaction_id" => await checkouts.FindByReference(caller, value, cancel),
            "client_transaction_id" => await checkouts.FindByClientId(caller, value, cancel),
            _ => Ids.IsUuid(value, out var id) ? await checkouts.FindCheckout(caller, id, cancel) : null,
        };

    private static bool MatchesName(Checkout checkout, string name, string value) => name switch
    {
        "transaction_code" => !checkout.IsOpen && checkout.TransactionCode() == value,
        "foreign_transaction_id" => checkout.Terms.Affiliate?.ForeignTransactionId == value,
        "client_transaction_id" when checkout.Terms.CallersId is { } callersId => callersId == value,
        _ => Ids.IsUuid(value, out var id) && id == (name is "id" ? checkout.Id : checkout.ClientTransactionId),
    };

    private static async Task<Results<JsonAnswer<HistoryView>, Problem>> ListTransactions(
        MerchantScope merchant, HttpRequest request, ITransactions transactions, CancellationToken cancel)
    {
        var parameters = HistoryParameters.ReadQuery(request.Query, out var errors);
        if (parameters is null) return Problem.InvalidParameter(errors);
        if (parameters.MatchesNothing) return AnswerPage(new([]));
        // One more entry is read than is asked for, to know whether there is another page.
        var query = parameters.Query;
        var entries = await transactions.ListHistory(merchant.Code, query with { Limit = query.Limit + 1 }, cancel);
        var page = entries.Take(query.Limit).Select(HistoryItemView.FromEntry).ToList();
        return AnswerPage(new(page, entries.Count > query.Limit ? [parameters.LinkBehind(page[^1].Id)] : null));
    }

    private static JsonAnswer<HistoryView> AnswerPage(HistoryView page) =>
        Answer.Json(page, ApiJson.Default.HistoryView);
}

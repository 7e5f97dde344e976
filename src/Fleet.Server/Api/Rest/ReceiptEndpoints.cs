using System.Globalization;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Api.Receipts;
using Fleet.Server.Checkouts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Receipts for customers.</summary>
internal static class ReceiptEndpoints
{
    public static void MapReceipts(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1.1/receipts/{transaction_id}", GetReceipt).WithTags("Receipts")
            .RequireScope(Scopes.ReceiptsRead, lacking: 401)
            .TakesQuery(("mid", "SumUp's code of the merchant; required."), ("tx_event_id", "Show this refund only."))
            .DescribeRoute<ReceiptView>("GetReceipt", "Get the receipt of a transaction", 400, 401, 404, 406)
            .TakesHeader("Accept", "application/json (the default), text/html or application/pdf.")
            .AnswersAlso("text/html", "application/pdf");

        // A route that older clients still call.
        api.MapGet("/v1.0/receipts/{transaction_id}", GetReceipt).RequireScope(Scopes.ReceiptsRead, lacking: 401)
            .ExcludeFromDescription();
    }

    /// <summary>Returns a receipt, as soon as the checkout has an outcome, whatever the outcome is.</summary>
    private static async Task<Results<ReceiptAnswer, Problem>> GetReceipt(
        MerchantScope merchant, string transaction_id, string? mid, string? tx_event_id, CheckoutQueries checkouts,
        CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(mid)) return Problem.InvalidParameter(new FieldError("mid", "is required"));
        if (mid != merchant.Code) return Problem.NoTransaction;
        var checkout = await checkouts.FindByIdOrCode(merchant.Reach, transaction_id, cancel);
        if (checkout is null or { IsOpen: true }) return Problem.NoTransaction;
        if (string.IsNullOrEmpty(tx_event_id)) return new ReceiptAnswer(checkout, checkout.Refunds, merchant.Merchant);
        if (!long.TryParse(tx_event_id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return Problem.InvalidParameter(new FieldError("tx_event_id", "must be a number"));
        return checkout.Refunds.FirstOrDefault(refund => refund.EventId == number) is { } refund
            ? new ReceiptAnswer(checkout, [refund], merchant.Merchant)
            : Problem.NoSuch($"No such tx event (ID={number}) for transaction {checkout.Id}");
    }
}

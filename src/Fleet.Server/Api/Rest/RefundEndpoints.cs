using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Refunds payments, in full or in part.</summary>
internal static class RefundEndpoints
{
    private const string Amount = "amount";

    private static readonly Problem NoAmount = Problem.BadRequest(
        new FieldError(Amount, "is missing beside other members; an empty body refunds all that is left"));

    public static void MapRefunds(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1.0/merchants/{merchant_code}/payments/{transaction_id}/refunds", RefundTransaction)
            .WithTags("Refunds").RequireScope(Scopes.RefundsWrite, action: AuditAction.RefundCreate)
            .TakesBody<RefundBody>(required: false)
            .TakesHeader(IdempotencyHeader.Name, IdempotencyHeader.Description)
            .DescribeRoute<EmptyView>("RefundTransaction", "Refund a transaction, in full or in part",
                201, 400, 401, 403, 404, 409, 413, 415, 422);
        api.MapPost("/v0.1/me/refund/{transaction_id}", RefundMine)
            .RequireScope(Scopes.RefundsWrite, action: AuditAction.RefundCreate).ExcludeFromDescription();
    }

    private static async Task<Results<JsonAnswer<EmptyView>, Problem>> RefundTransaction(
        MerchantScope merchant, string transaction_id, HttpRequest request, CheckoutQueries checkouts,
        CheckoutCommands commands, CancellationToken cancel) =>
        await TryRefund(merchant, transaction_id, request, checkouts, commands, cancel) is { } problem
            ? problem
            : Answer.Json(new EmptyView(), ApiJson.Default.EmptyView, StatusCodes.Status201Created);

    /// <summary>The older route, whose clients expect a 204.</summary>
    private static async Task<Results<NoContent, Problem>> RefundMine(
        MerchantScope merchant, string transaction_id, HttpRequest request, CheckoutQueries checkouts,
        CheckoutCommands commands, CancellationToken cancel) =>
        await TryRefund(merchant, transaction_id, request, checkouts, commands, cancel) is { } problem
            ? problem
            : TypedResults.NoContent();

    /// <summary>Refunds, or returns the problem.</summary>
    private static async Task<Problem?> TryRefund(
        MerchantScope merchant, string transactionId, HttpRequest request, CheckoutQueries checkouts,
        CheckoutCommands commands, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadOptional(request, ApiJson.Default.RefundBody, cancel);
        if (problem is not null) return problem;
        if (body is { Amount: null, Others.Count: > 0 }) return NoAmount;
        if (await checkouts.FindByIdOrCode(merchant.Reach, transactionId, cancel) is not { } paid)
            return Problem.NotFound;
        var fields = new FieldCheck();
        var amount = fields.CheckMajorAmount(Amount, body?.Amount, paid.Terms.Amount);
        if (fields.Errors.Count > 0) return Problem.BadRequest(fields.Errors);
        if (!IdempotencyHeader.TryRead(request, merchant.Code, (paid.Id, amount), Asked, out var key, out problem))
            return problem;
        var refusal = await commands.RefundPayment(merchant, paid, amount, key, cancel);
        return refusal is null ? null : Problem.Of(refusal);
    }

    private static string Asked((Guid Payment, long? Amount) refund) => $"refund {refund.Payment} {refund.Amount}";
}

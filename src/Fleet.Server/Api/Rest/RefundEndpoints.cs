using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;

namespace Fleet.Server.Api.Rest;

/// <summary>Refunds payments, in full or in part.</summary>
internal static class RefundEndpoints
{
    /// <summary>
    /// Digits after the point that a .NET decimal holds exactly for the largest amount. A number with more digits was
    /// rounded when it was read, so it is refused.
    /// </summary>
    private const int ExactDecimals = 15;

    private static readonly Problem NoAmount = Problem.BadRequest(
        new FieldError("amount", "is missing beside other members; an empty body refunds all that is left"));

    public static void MapRefunds(this IEndpointRouteBuilder api)
    {
        api.MapPost("/v1.0/merchants/{merchant_code}/payments/{transaction_id}/refunds", RefundTransaction)
            .WithTags("Transactions").RequireScope(Scopes.RefundsWrite, action: AuditAction.RefundCreate)
            .TakesBody<RefundBody>(required: false)
            .TakesHeader(IdempotencyHeader.Name, IdempotencyHeader.Description)
            .DescribeRoute<EmptyView>("RefundTransaction", "Refund a transaction, in full or in part",
                201, 400, 401, 403, 404, 409, 413, 415, 422);
        api.MapPost("/v0.1/me/refund/{transaction_id}", RefundMine)
            .RequireScope(Scopes.RefundsWrite, action: AuditAction.RefundCreate).ExcludeFromDescription();
    }

    private static async Task<IResult> RefundTransaction(
        MerchantScope merchant, string transaction_id, HttpRequest request, CheckoutQueries checkouts,
        ReaderGrainFactory readers, TimeProvider time, CancellationToken cancel) =>
        await TryRefund(merchant, transaction_id, request, checkouts, readers, time, cancel)
        ?? (IResult)Answer.Json(new EmptyView(), ApiJson.Default.EmptyView, StatusCodes.Status201Created);

    /// <summary>The older route, whose clients expect a 204.</summary>
    private static async Task<IResult> RefundMine(
        MerchantScope merchant, string transaction_id, HttpRequest request, CheckoutQueries checkouts,
        ReaderGrainFactory readers, TimeProvider time, CancellationToken cancel) =>
        await TryRefund(merchant, transaction_id, request, checkouts, readers, time, cancel)
        ?? (IResult)TypedResults.NoContent();

    /// <summary>Refunds, or returns the problem.</summary>
    private static async Task<Problem?> TryRefund(
        MerchantScope merchant, string transactionId, HttpRequest request, CheckoutQueries checkouts,
        ReaderGrainFactory readers, TimeProvider time, CancellationToken cancel)
    {
        var (body, problem) = await JsonBody.ReadOptional(request, ApiJson.Default.RefundBody, cancel);
        if (problem is not null) return problem;
        if (body is { Amount: null, Others.Count: > 0 }) return NoAmount;
        var paid = await FindCheckout(checkouts, merchant.Reach, transactionId, cancel);
        if (paid is null) return Problem.NotFound;
        if (!TryReadAmount(body?.Amount, paid.Terms.Amount, out var amount, out problem)) return problem;
        string Asked() => $"refund {paid.Id} {amount}";
        if (!IdempotencyHeader.TryRead(request, merchant.Code, Asked, out var key, out problem)) return problem;
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var ask = new RefundTransaction(id, paid.Id, amount, merchant.Merchant.Rules.Sandbox);
        var reader = readers[paid.ReaderId];
        var note = merchant.Caller.MakeNote(AuditAction.RefundCreate, detail: $"{id}");
        var refusal = await Failover.CallWithRetry(() => reader.RefundPayment(merchant.Reach, ask, key, note), cancel);
        return refusal is null ? null : Problem.Of(refusal);
    }

    private static async Task<Checkout?> FindCheckout(
        CheckoutQueries checkouts, Reach caller, string transactionId, CancellationToken cancel) =>
        Ids.IsUuid(transactionId, out var id)
            ? await checkouts.FindCheckout(caller, id, cancel)
            : await checkouts.FindByCode(caller, transactionId, cancel);

    /// <summary>
    /// Reads an amount in major units. An amount that the currency does not have is refused and never rounded.
    /// </summary>
    private static bool TryReadAmount(decimal? major, Money paid, out long? minor, out Problem? problem)
    {
        (minor, problem) = (null, null);
        if (major is null) return true;
        var wrong = major switch
        {
            <= 0 => "must be greater than zero",
            > Money.MaxValue => "is too large",
            _ when major.Value.Scale > ExactDecimals || paid.Minor(major.Value) is null =>
                $"must have at most {paid.MinorUnit} decimals",
            _ => null,
        };
        minor = wrong is null ? paid.Minor(major.Value) : null;
        if (wrong is not null) problem = Problem.BadRequest(new FieldError("amount", wrong));
        return wrong is null;
    }
}

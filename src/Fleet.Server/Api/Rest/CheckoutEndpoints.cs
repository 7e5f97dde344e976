using System.Globalization;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Fleet.Server.Api.Rest;

/// <summary>Starts, reads and ends checkouts.</summary>
internal static class CheckoutEndpoints
{
    private const string WaitParameter = "wait";

    private static readonly int MaxWait = (int)CheckoutWait.Longest.TotalSeconds;

    private static readonly Problem WrongWait = Problem.BadRequest(
        new FieldError(WaitParameter, $"must be a number of seconds from 0 to {MaxWait}"));

    public static void MapCheckouts(this IEndpointRouteBuilder api)
    {
        var reader = api.MapGroup("/v0.1/merchants/{merchant_code}/readers/{reader_id}").WithTags("Checkouts");
        reader.MapPost("checkout", CreateReaderCheckout).TakesBody<CheckoutRequest>()
            .TakesHeader(IdempotencyHeader.Name, IdempotencyHeader.Description)
            .RequireScope(Scopes.CheckoutsWrite, lacking: 401, AuditAction.CheckoutStart)
            .DescribeRoute<CheckoutCreatedView>("CreateReaderCheckout", "Start a checkout on a reader",
                201, 400, 401, 404, 413, 415, 422);
        reader.MapGet("checkout/{checkout_id}", GetReaderCheckout).RequireScope(Scopes.CheckoutsRead, lacking: 401)
            .WithMetadata(new MayWaitAttribute(WaitParameter))
            .TakesQuery((WaitParameter, $"Seconds to wait for the outcome: 0 to {MaxWait}, default 0."))
            .DescribeRoute<CheckoutView>("GetReaderCheckout", "Get a checkout, or wait for its outcome", 400, 401, 404,
                429);
        reader.MapPost("terminate", CreateReaderTerminate).TakesBody<TerminateBody>(required: false)
            .RequireScope(Scopes.CheckoutsWrite, lacking: 401, AuditAction.CheckoutTerminate)
            .DescribeRoute<EmptyView>("CreateReaderTerminate", "End the open checkout of a reader",
                202, 400, 401, 404, 413, 415, 422);
        api.MapPost("/v0/merchants/{merchant_code}/readers/{reader_id}/go-checkout", CreateGoReaderCheckout)
            .WithTags("Checkouts").TakesBody<GoCheckoutRequest>()
            .RequireScope(Scopes.CheckoutsWrite, lacking: 401, AuditAction.CheckoutStart)
            .DescribeRoute<GoCheckoutView>("CreateGoReaderCheckout", "Take a payment, and wait for its outcome",
                400, 401, 404, 413, 415, 422, 504);
    }

    private static async Task<Results<JsonAnswer<CheckoutCreatedView>, Problem>> CreateReaderCheckout(
        MerchantScope merchant, string reader_id, HttpRequest request, CheckoutCommands commands,
        CancellationToken cancel)
    {
        if (!Ids.IsReader(reader_id)) return Problem.NotFound;
        var (body, problem) = await PlainCheckout.ReadBody(request, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var errors = body.CheckFields(merchant.Merchant.Rules, out var terms);
        if (terms is null) return Problem.Of(Refusal.InvalidFields(errors));
        if (!IdempotencyHeader.TryRead(request, merchant.Code, (reader_id, terms), Asked, out var key, out problem))
            return problem;
        var reply = await commands.StartOnReader(merchant, reader_id, terms, key, cancel);
        if (reply.Refusal is null) request.HttpContext.AddWarning(merchant.Merchant.Rules.WarningOf(terms));
        return AnswerStart(reply);
    }

    private static string Asked((string Reader, CheckoutTerms Terms) start) =>
        CheckoutCommands.MakeFingerprint(start.Reader, start.Terms);

    private static Results<JsonAnswer<CheckoutCreatedView>, Problem> AnswerStart(StartReply reply) =>
        reply.Refusal is { } refusal
            ? Problem.Of(refusal)
            : Answer.Json(new CheckoutCreatedView(new(reply.CheckoutId, reply.ClientTransactionId)),
                CreatedJson.Default.CheckoutCreatedView, StatusCodes.Status201Created);

    private static async Task<Results<JsonAnswer<GoCheckoutView>, Problem>> CreateGoReaderCheckout(
        MerchantScope merchant, string reader_id, HttpRequest request, GoPayments payments, CancellationToken cancel)
    {
        if (!Ids.IsReader(reader_id)) return Problem.NotFound;
        var (body, problem) = await JsonBody.ReadObject(request, ApiJson.Default.GoCheckoutRequest, cancel);
        if (body is null) return problem ?? Problem.Internal;
        var errors = body.CheckFields(merchant.Merchant.Rules, out var terms);
        if (terms is null) return Problem.Of(Refusal.InvalidFields(errors));
        return AnswerPayment(await payments.TakePayment(
            merchant, reader_id, terms, () => StorageLimit.EndFor(request.HttpContext), cancel));
    }

    private static Results<JsonAnswer<GoCheckoutView>, Problem> AnswerPayment(
        (Checkout? Checkout, Refusal? Refusal) payment) => payment switch
        {
            (_, { } refusal) => Problem.Of(refusal), // first: the payment may be that of another request with this id
            ({ State: CheckoutState.Successful } paid, _) =>
                Answer.Json(GoCheckoutView.FromCheckout(paid), ApiJson.Default.GoCheckoutView),
            ({ } other, _) => Problem.OfPayment(other),
            _ => Problem.NotFound,
        };

    private static async Task<Results<JsonAnswer<CheckoutView>, Problem>> GetReaderCheckout(
        MerchantScope merchant, string reader_id, string checkout_id, string? wait, CheckoutQueries checkouts,
        CheckoutWait waits, CancellationToken cancel)
    {
        if (!TryReadWait(wait, out var patience)) return WrongWait;
        if (!Ids.IsReader(reader_id) || !Ids.IsUuid(checkout_id, out var id)) return Problem.NotFound;
        var found = await checkouts.FindCheckout(merchant.Reach, id, cancel);
        if (found is { IsOpen: true } && found.ReaderId == reader_id && patience > TimeSpan.Zero)
            found = await waits.ForOutcome(merchant.Reach, id, patience, cancel);
        return found is { } checkout && checkout.ReaderId == reader_id
            ? Answer.Json(CheckoutView.FromCheckout(checkout), ApiJson.Default.CheckoutView)
            : Problem.NotFound;
    }

    private static bool TryReadWait(string? text, out TimeSpan wait)
    {
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds);
        wait = TimeSpan.FromSeconds(seconds);
        return text is null || (isNumber && seconds <= MaxWait);
    }

    private static async Task<Results<JsonAnswer<EmptyView>, Problem>> CreateReaderTerminate(
        MerchantScope merchant, string reader_id, HttpRequest request, CheckoutCommands commands,
        CancellationToken cancel)
    {
        if (!Ids.IsReader(reader_id)) return Problem.NotFound;
        var (body, problem) = await JsonBody.ReadOptional(request, ApiJson.Default.TerminateBody, cancel);
        if (problem is not null) return problem;
        var refusal = await commands.TerminateCheckout(merchant, reader_id, body?.ExpectedCheckoutId, cancel);
        return refusal is not null
            ? Problem.Of(refusal)
            : Answer.Json(new EmptyView(), ApiJson.Default.EmptyView, StatusCodes.Status202Accepted);
    }
}

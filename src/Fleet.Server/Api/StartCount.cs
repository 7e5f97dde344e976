using Fleet.Core.Access;
using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Api;

/// <summary>
/// Counts each start of a checkout that was refused or not answered, by what the caller was told. It sees every answer,
/// whatever stopped the start: the check of the key, the database, a node or the body.
/// </summary>
internal static class StartCount
{
    /// <summary>What is told about a payment that was accepted; no start was refused.</summary>
    private static readonly ErrorEntry[] Accepted =
        [OutcomeErrors.PaymentFailed, OutcomeErrors.PaymentCancelled, OutcomeErrors.PaymentPending];

    /// <summary>Middleware after the choice of the route and before the check of its key.</summary>
    public static void UseStartCount(this WebApplication app)
    {
        var meter = app.Services.GetRequiredService<FleetMeter>();
        app.Use((http, next) => IsStart(http) ? CountAnswer(http, next, meter) : next(http));
    }

    /// <summary>Notes what the caller of a request is told.</summary>
    public static void NoteError(this HttpContext http, ErrorEntry told) => http.Features.Set(told);

    /// <summary>Runs one start of many, which have one request, and counts it.</summary>
    public static async Task<StartReply> CountItem(
        this FleetMeter meter, Task<StartReply> start, CancellationToken cancel)
    {
        try
        {
            var reply = await start;
            if (reply.Refusal is { } refusal) meter.CountRefusedStart(ErrorCatalogue.Of(refusal.Code));
            return reply;
        }
        catch (Exception e)
        {
            meter.CountRefusedStart(ErrorOf(e, cancel));
            throw;
        }
    }

    private static bool IsStart(HttpContext http) => http.GetEndpoint()?.Metadata
        .GetMetadata<RequiredScopeAttribute>() is { Action: AuditAction.CheckoutStart };

    private static async Task CountAnswer(HttpContext http, RequestDelegate next, FleetMeter meter)
    {
        try
        {
            await next(http);
        }
        catch (Exception e)
        {
            meter.CountRefusedStart(ErrorOf(e, http.RequestAborted));
            throw;
        }
        if (ErrorOf(http) is { } told && !Array.Exists(Accepted, one => one.Code == told.Code))
            meter.CountRefusedStart(told);
    }

    /// <summary>A status without an error is one that the web server or a library chose.</summary>
    private static ErrorEntry? ErrorOf(HttpContext http) => http.Features.Get<ErrorEntry>()
        ?? (http.Response.StatusCode < 400 ? null : Problem.Of(http.Response.StatusCode).Entry);

    private static ErrorEntry ErrorOf(Exception failure, CancellationToken cancel) =>
        cancel.IsCancellationRequested ? FaultErrors.Cancelled : Problems.Of(failure).Entry;
}

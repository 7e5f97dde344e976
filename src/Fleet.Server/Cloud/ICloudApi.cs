using Refit;

namespace Fleet.Server.Cloud;

/// <summary>
/// The requests of SumUp's API that Fleet sends. Each returns the raw answer, so that no status is an exception; the
/// call says whose key is sent, and is a local value that never leaves this process.
/// </summary>
internal interface ICloudApi
{
    [Post("/v0.1/merchants/{merchant}/readers/{reader}/checkout")]
    Task<HttpResponseMessage> CreateCheckout(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader,
        [Body(buffered: true)] NewCloudCheckout checkout, CancellationToken cancel);

    [Get("/v0.1/merchants/{merchant}/readers/{reader}/checkout/{checkout}")]
    Task<HttpResponseMessage> GetCheckout(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, string checkout,
        CancellationToken cancel);

    [Post("/v0.1/merchants/{merchant}/readers/{reader}/terminate")]
    Task<HttpResponseMessage> TerminateCheckout(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, CancellationToken cancel);

    [Get("/v0.1/merchants/{merchant}/readers/{reader}/status")]
    Task<HttpResponseMessage> GetStatus(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, CancellationToken cancel);

    [Get("/v0.1/merchants/{merchant}/readers/{reader}/settings")]
    Task<HttpResponseMessage> GetSettings(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, CancellationToken cancel);

    [Patch("/v0.1/merchants/{merchant}/readers/{reader}/settings")]
    Task<HttpResponseMessage> ChangeSettings(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader,
        [Body(buffered: true)] NewCloudSettings settings, CancellationToken cancel);

    [Get("/v0.1/merchants/{merchant}/readers")]
    Task<HttpResponseMessage> ListReaders(
        [Property(AccountCall.Key)] AccountCall call, string merchant, CancellationToken cancel);

    [Get("/v0.1/merchants/{merchant}/readers/{reader}")]
    Task<HttpResponseMessage> GetReader(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, CancellationToken cancel);

    [Post("/v0.1/merchants/{merchant}/readers")]
    Task<HttpResponseMessage> PairReader(
        [Property(AccountCall.Key)] AccountCall call, string merchant, [Body(buffered: true)] NewCloudReader reader,
        CancellationToken cancel);

    [Delete("/v0.1/merchants/{merchant}/readers/{reader}")]
    Task<HttpResponseMessage> DeleteReader(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string reader, CancellationToken cancel);

    /// <summary>Reads one transaction by the id that is given; the others are null and not sent.</summary>
    [Get("/v2.1/merchants/{merchant}/transactions")]
    Task<HttpResponseMessage> GetTransaction(
        [Property(AccountCall.Key)] AccountCall call, string merchant,
        [AliasAs("client_transaction_id")] string? client, [AliasAs("foreign_transaction_id")] string? foreign,
        string? id, CancellationToken cancel);

    /// <summary>Reads one page of the history; what is null is not sent.</summary>
    [Get("/v2.1/merchants/{merchant}/transactions/history")]
    Task<HttpResponseMessage> ListTransactions(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string? limit, string? order,
        [AliasAs("changes_since")] string? changesSince,
        [AliasAs("oldest_ref")] string? oldestRef, [AliasAs("oldest_time")] string? oldestTime,
        [AliasAs("newest_ref")] string? newestRef, [AliasAs("newest_time")] string? newestTime,
        CancellationToken cancel);

    [Post("/v1.0/merchants/{merchant}/payments/{transaction}/refunds")]
    Task<HttpResponseMessage> RefundTransaction(
        [Property(AccountCall.Key)] AccountCall call, string merchant, string transaction,
        [Body(buffered: true)] NewCloudRefund refund, CancellationToken cancel);

    /// <summary>A harmless read that shows whether a key is accepted.</summary>
    [Get("/v1/merchants/{merchant}")]
    Task<HttpResponseMessage> GetMerchant(
        [Property(AccountCall.Key)] AccountCall call, string merchant, CancellationToken cancel);
}

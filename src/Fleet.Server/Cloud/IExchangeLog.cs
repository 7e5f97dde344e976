namespace Fleet.Server.Cloud;

/// <summary>One attempt of a call to the cloud, without anything secret.</summary>
/// <param name="Id">Its id, which begins with its time.</param>
/// <param name="At">When it was sent, or withheld.</param>
/// <param name="MerchantCode">Whose account it used.</param>
/// <param name="Operation">What it does, for example <c>create_checkout</c>.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path and the query, unescaped.</param>
/// <param name="Status">The status code; null when there is no answer.</param>
/// <param name="LatencyMs">Milliseconds until the whole answer was read, without the wait for its turn.</param>
/// <param name="Sent">The body of the request, redacted and cut.</param>
/// <param name="Received">The body of the answer, redacted and cut.</param>
/// <param name="Verdict">Why there is no answer; <see cref="CloudFailure.None"/> if there is one.</param>
/// <param name="CheckoutId">Fleet's checkout that it is about, if it is about one.</param>
/// <param name="ReaderId">The cloud's id of the reader in its path, if there is one.</param>
internal sealed record CloudExchange(
    Guid Id, DateTimeOffset At, string MerchantCode, string Operation, string Method, string Path, int? Status,
    int LatencyMs, string? Sent, string? Received, CloudFailure Verdict, Guid? CheckoutId, string? ReaderId);

/// <summary>Keeps what was said to the cloud and what it answered, so that an operator can look it up.</summary>
internal interface IExchangeLog
{
    /// <summary>Adds an exchange. It returns at once and throws nothing: a payment may wait for it.</summary>
    void AddExchange(CloudExchange exchange);
}

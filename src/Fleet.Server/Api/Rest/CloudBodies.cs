using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Errors;
using Fleet.Server.Cloud;

namespace Fleet.Server.Api.Rest;

/// <summary>Why it is not known what SumUp did with a checkout.</summary>
/// <param name="Code">A word of a closed list, for example <c>no_answer</c>.</param>
/// <param name="Sentence">What happened.</param>
/// <param name="Advice">What to do now.</param>
/// <param name="Since">Since when it is not known.</param>
public sealed record DoubtView(string Code, string Sentence, string Advice, DateTimeOffset Since)
{
    /// <summary>Null when it is known.</summary>
    internal static DoubtView? FromCheckout(Checkout checkout) =>
        checkout is { IsUnknown: true, Cloud: { Doubt: { } doubt } attempt }
            ? FromDoubt(doubt, attempt.DoubtSince ?? attempt.SentAt)
            : null;

    internal static DoubtView FromDoubt(Doubt doubt, DateTimeOffset since) =>
        new(doubt.ToWireName(), doubt.ToSentence(), doubt.ToAdvice(), since);
}

/// <summary>Why SumUp did not take a checkout: what its till was told.</summary>
/// <param name="Code">The public word of the error, for example <c>READER_BUSY</c>.</param>
/// <param name="Sentence">The same in a sentence.</param>
/// <param name="Why">SumUp's own word for it, for <c>PROVIDER_REFUSED</c>.</param>
public sealed record RefusedView(string Code, string Sentence, string? Why)
{
    /// <summary>Null when it was taken, or may have been.</summary>
    internal static RefusedView? FromCheckout(Checkout checkout) =>
        checkout.Cloud?.Refused is { } why && ErrorCatalogue.Of(why) is var error
            ? new(error.Code, error.Sentence, why.Why)
            : null;
}

/// <summary>What SumUp calls a checkout, so that a person can look it up there. What is not known is absent.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="ForeignTransactionId">The reference that Fleet gave to it.</param>
/// <param name="SentAt">When it was sent at the earliest.</param>
/// <param name="CheckoutId">The checkout.</param>
/// <param name="ClientTransactionId">The transaction.</param>
/// <param name="TransactionCode">The short code of the transaction, once a card was presented.</param>
public sealed record CloudView(
    string ReaderId, string ForeignTransactionId, DateTimeOffset SentAt, string? CheckoutId,
    string? ClientTransactionId, string? TransactionCode)
{
    /// <summary>Null for a checkout that was not sent to SumUp.</summary>
    internal static CloudView? FromCheckout(Checkout checkout) => checkout.Cloud is { } attempt
        ? new(attempt.ReaderId, attempt.ForeignId, attempt.SentAt, attempt.CheckoutId, attempt.ClientTransactionId,
            attempt.TransactionCode)
        : null;
}

/// <summary>
/// One attempt of a call to SumUp's cloud. It explains the events and decides nothing. Keys, card numbers, codes and
/// names are removed.
/// </summary>
/// <param name="At">When it was sent, by the clock of the node that sent it.</param>
/// <param name="Operation">What it does, for example <c>create_checkout</c>.</param>
/// <param name="Path">The path with its query.</param>
/// <param name="Status">The status of the answer; null when there is none.</param>
/// <param name="LatencyMs">Milliseconds until the whole answer was read.</param>
/// <param name="Verdict">
/// Why there is no answer: <c>withheld</c>, <c>not_sent</c>, <c>timed_out</c>, <c>reset</c> or <c>unreadable</c>;
/// <c>none</c> when there is one.
/// </param>
/// <param name="Sent">The body of the request, cut after 4,096 characters.</param>
/// <param name="Received">The body of the answer, cut likewise.</param>
public sealed record TimelineExchangeView(
    DateTimeOffset At, string Operation, string Path, int? Status, int LatencyMs, string Verdict, string? Sent,
    string? Received)
{
    internal static TimelineExchangeView FromExchange(CloudExchange exchange) => new(
        exchange.At, exchange.Operation, exchange.Path, exchange.Status, exchange.LatencyMs,
        exchange.Verdict.ToWireName(), exchange.Sent, exchange.Received);
}

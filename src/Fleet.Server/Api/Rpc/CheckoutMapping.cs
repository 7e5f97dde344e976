using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Checkouts as gRPC callers write and read them.</summary>
internal static class CheckoutMapping
{
    /// <summary>The request in the form that the rules of the Cloud API check. Zero and empty mean absent.</summary>
    public static CheckoutRequest ToRequest(this Proto.StartRequest ask) => new()
    {
        TotalAmount = ask.TotalAmount is { } amount
            ? new() { Currency = amount.Currency, MinorUnit = amount.MinorUnit, Value = amount.Value }
            : null,
        Description = NullIfEmpty(ask.Description),
        CardType = NullIfEmpty(ask.CardType),
        Installments = ask.Installments == 0 ? null : ask.Installments,
        TipRates = ask.TipRates.Count == 0 ? null : [.. ask.TipRates.Select(ToRate)],
        TipTimeout = ask.TipTimeout == 0 ? null : ask.TipTimeout,
        DeadlineSeconds = ask.DeadlineSeconds == 0 ? null : ask.DeadlineSeconds,
        ReturnUrl = NullIfEmpty(ask.ReturnUrl),
        Till = NullIfEmpty(ask.Till),
        Affiliate = ask.Affiliate is { } affiliate
            ? new()
            {
                AppId = affiliate.AppId, Key = affiliate.Key, ForeignTransactionId = affiliate.ForeignTransactionId,
            }
            : null,
    };

    public static Proto.Checkout ToMessage(this Checkout checkout) => new()
    {
        CheckoutId = checkout.Id.ToString(),
        ClientTransactionId = checkout.ClientId(),
        MerchantCode = checkout.MerchantCode,
        ReaderId = checkout.ReaderId,
        State = checkout.IsUnknown ? Proto.State.Unknown : checkout.State.ToMessage(),
        Reason = ReasonView.FromCheckout(checkout).ToMessage(),
        TotalAmount = checkout.Terms.Amount.ToMessage(),
        Tip = checkout.Tip,
        Refunded = checkout.RefundedAmount(),
        AcceptedAt = checkout.AcceptedAt.ToTimestamp(),
        ValidUntil = checkout.ValidUntil.ToTimestamp(),
        UpdatedAt = checkout.UpdatedAt.ToTimestamp(),
        Description = checkout.Terms.Description ?? "",
        ForeignTransactionId = checkout.Terms.Affiliate?.ForeignTransactionId ?? "",
        TerminateRequested = checkout is { IsOpen: true, TerminateRequested: true },
        Doubt = DoubtView.FromCheckout(checkout).ToMessage(),
        Refused = checkout.Cloud?.Refused is { } why ? RpcErrors.ToMessage(why) : null,
        Cloud = checkout.Cloud.ToMessage(),
        Deadline = checkout.DeadlineAt?.ToTimestamp(),
        Till = checkout.Terms.Till ?? "",
    };

    /// <summary>A checkout and its events, as the timeline of the Cloud API has them.</summary>
    public static Proto.CheckoutTimeline ToTimeline(
        this Checkout checkout, IReadOnlyList<LedgerEntry> entries, IReadOnlyList<CloudExchange> exchanges)
    {
        var view = TimelineView.FromCheckout(checkout, entries, exchanges);
        var message = new Proto.CheckoutTimeline { Checkout = checkout.ToMessage(), Disputed = view.Disputed };
        message.Events.AddRange(view.Events.Select(one => ToMessage(one, message.Checkout)));
        message.Exchanges.AddRange(view.Exchanges.Select(one => one.ToMessage()));
        return message;
    }

    private static Proto.TimelineEvent ToMessage(TimelineEventView told, Proto.Checkout checkout) => new()
    {
        Version = told.Version,
        Kind = told.Kind,
        At = told.At.ToTimestamp(),
        Actor = told.Actor,
        Node = told.Node,
        Reason = told.Reason.ToMessage(),
        Claim = told.Claim is { } claim
            ? new() { Outcome = claim.Outcome, Reason = claim.Reason ?? "", Amount = claim.Amount, Tip = claim.Tip }
            : null,
        Amount = told.Amount ?? 0,
        Record = told.Record is { } record
            ? new()
            {
                Reason = record.Reason, Reference = record.Reference, KeyId = record.KeyId, KeyName = record.KeyName,
            }
            : null,
        Doubt = told.Doubt.ToMessage(),
        Refused = told.Refused is null ? null : checkout.Refused,
    };

    private static Proto.Reason? ToMessage(this ReasonView? why) => why is null
        ? null
        : new() { Code = why.Code, Retryable = why.Retryable, Sentence = why.Sentence };

    public static Proto.Money ToMessage(this Money amount) => new()
    {
        Currency = amount.Currency, MinorUnit = amount.MinorUnit, Value = amount.Value,
    };

    /// <summary>The outcome an operator wants to record; null when its fields are wrong.</summary>
    public static RecordOutcome? ToOrder(this Proto.RecordOutcomeRequest ask, Guid id, Caller caller, FieldCheck fields)
    {
        CheckoutState? outcome = ask.Outcome switch
        {
            Proto.State.Successful => CheckoutState.Successful,
            Proto.State.Failed => CheckoutState.Failed,
            Proto.State.Cancelled => CheckoutState.Cancelled,
            _ => null,
        };
        if (outcome is null) fields.AddError("outcome", "must be SUCCESSFUL, FAILED or CANCELLED");
        var reason = fields.RequireText("reason", ask.Reason, OutcomeRules.MaxReason);
        var reference = fields.RequireText("reference", ask.Reference, OutcomeRules.MaxReference);
        return outcome is { } ended && fields.Errors.Count == 0
            ? new(id, ended, ask.Tip, reason, reference, caller.KeyId, caller.KeyName)
            : null;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>
    /// The decimal from which the client made a double; a number outside the bounds is left to the later check.
    /// </summary>
    public static decimal ToRate(double rate) => rate is > -1 and < 2 ? (decimal)rate : -1;

    public static Proto.State ToMessage(this CheckoutState state) => state switch
    {
        CheckoutState.Accepted => Proto.State.Accepted,
        CheckoutState.Started => Proto.State.Started,
        CheckoutState.Successful => Proto.State.Successful,
        CheckoutState.Failed => Proto.State.Failed,
        _ => Proto.State.Cancelled,
    };
}

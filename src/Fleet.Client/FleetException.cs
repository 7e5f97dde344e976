using System.Globalization;
using Fleet.Protocol.V1;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Client;

/// <summary>What is known about a call that failed.</summary>
public enum CallOutcome
{
    /// <summary>
    /// This call changed nothing: Fleet refused it, or it only reads, or it was never sent. What earlier calls began
    /// goes on.
    /// </summary>
    NotDone,

    /// <summary>
    /// What was asked for may have been done, or may still be done: the answer never came. Look before you ask for it
    /// again.
    /// </summary>
    Unknown,
}

/// <summary>The checkout that holds a reader or a sale.</summary>
/// <param name="CheckoutId">Its id.</param>
/// <param name="State">Its state as a word, for example <c>started</c>; empty when it was not told.</param>
/// <param name="BusyUntil">When it ends at the latest; null while only the customer decides that.</param>
public sealed record CheckoutHolder(string CheckoutId, string State, DateTimeOffset? BusyUntil);

/// <summary>Why a call failed. It is an exception of gRPC too, with its status code and trailers.</summary>
public sealed class FleetException : RpcException
{
    private const string RetryAfterHeader = "retry-after";

    private FleetException(RpcException told, string sentence) : base(told.Status, told.Trailers, sentence)
    {
        var details = told.GetRpcStatus();
        var info = details?.GetDetail<ErrorInfo>();
        Reason = info?.Reason ?? FailureRules.ReasonOf(told.StatusCode);
        Fields = [.. details?.GetDetail<BadRequest>()?.FieldViolations.Select(field =>
            new Refusal.Types.Field { Name = field.Field, Message = field.Description }) ?? []];
        Details = info?.Metadata.ToDictionary() ?? [];
        Holder = HolderOf(Details);
        RetryAfter = RetryAfterOf(told.Trailers);
    }

    /// <summary>
    /// The word of Fleet's list of errors, for programs to branch on: <c>READER_BUSY</c>, <c>VALIDATION_ERROR</c> and
    /// so on. <c>SERVICE_UNAVAILABLE</c> also when Fleet could not be reached.
    /// </summary>
    public string Reason { get; }

    /// <summary>Whether what was asked for was done: it was not, or that is unknown.</summary>
    public CallOutcome Outcome { get; private init; }

    /// <summary>What to do about an unknown outcome, as a sentence; empty when it is known.</summary>
    public string Advice { get; private init; } = "";

    /// <summary>What is wrong with which field, for <c>VALIDATION_ERROR</c>; otherwise empty.</summary>
    public IReadOnlyList<Refusal.Types.Field> Fields { get; }

    /// <summary>The checkout that is in the way, or that is meant; null when there is none.</summary>
    public CheckoutHolder? Holder { get; }

    /// <summary>What else Fleet told, by name, for example <c>reader_id</c>, <c>busy</c> or <c>offline</c>.</summary>
    public IReadOnlyDictionary<string, string> Details { get; }

    /// <summary>How long Fleet asks to wait; null when it does not ask for it.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>
    /// The <c>idempotency_key</c> of a start that failed, also if the client made it; otherwise empty. A start with the
    /// same key and the same content means the same checkout.
    /// </summary>
    public string IdempotencyKey { get; private init; } = "";

    /// <summary>
    /// Whether the same call may succeed later: Fleet was not reached, is busy, or did not answer in time.
    /// </summary>
    internal bool IsTransient => FailureRules.IsTransient(StatusCode) && Reason != FailureRules.OutcomeUnknown;

    /// <summary>What a failure of gRPC means.</summary>
    /// <param name="told">The failure.</param>
    /// <param name="call">The call that failed.</param>
    /// <param name="mayBeDone">Whether an earlier attempt of it had no answer.</param>
    internal static FleetException Of(RpcException told, CallKind call, bool mayBeDone = false)
    {
        var isUnknown = mayBeDone || call.Changes && FailureRules.MayBeDone(told);
        return new(told, FailureRules.SentenceOf(told))
        {
            Outcome = isUnknown ? CallOutcome.Unknown : CallOutcome.NotDone,
            Advice = isUnknown ? call.Advice : "",
            IdempotencyKey = call.IdempotencyKey,
        };
    }

    private static CheckoutHolder? HolderOf(IReadOnlyDictionary<string, string> details) =>
        details.GetValueOrDefault("checkout_id") is { } id
            ? new(id, details.GetValueOrDefault("checkout_state", ""), TimeOf(details.GetValueOrDefault("busy_until")))
            : null;

    private static DateTimeOffset? TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;

    private static TimeSpan? RetryAfterOf(Metadata trailers) =>
        uint.TryParse(trailers.GetValue(RetryAfterHeader), CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}

using System.Globalization;
using Fleet.Core.Checkouts;
using Fleet.Server.Console.Parts;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Payments;

/// <summary>A line of the timeline, in the table and in the picture.</summary>
/// <param name="At">When.</param>
/// <param name="After">How long after the line before; empty for the first.</param>
/// <param name="Who">Who made it happen.</param>
/// <param name="What">What happened.</param>
/// <param name="Node">The node that decided it; empty for none.</param>
/// <param name="From">From which lane of the picture.</param>
/// <param name="To">To which lane; the same when it went nowhere.</param>
/// <param name="Tone">The class of its colour.</param>
public sealed record TimelineRow(
    Timestamp? At, string After, string Who, string What, string Node, string From, string To, string Tone)
{
    /// <summary>The lanes of the picture.</summary>
    public const string Till = "Till", Fleet = "Fleet", Reader = "Reader", SumUp = "SumUp", Webhook = "Webhook";

    private const string Device = "device", OfTill = "till", Plain = "busy";

    /// <summary>The events in their order; each call to SumUp's cloud stands before the first later event.</summary>
    public static IReadOnlyList<TimelineRow> ListRows(Proto.CheckoutTimeline timeline, Proto.WebhookDelivery? delivery)
    {
        var rows = new List<TimelineRow>();
        var calls = new Queue<Proto.TimelineExchange>(timeline.Exchanges);
        foreach (var told in timeline.Events)
        {
            while (calls.TryPeek(out var call) && call.At < told.At) rows.Add(OfCall(calls.Dequeue()));
            rows.Add(OfEvent(told, timeline.Checkout));
        }
        rows.AddRange(calls.Select(OfCall));
        if (delivery is not null) rows.Add(OfDelivery(delivery));
        return [.. rows.Select((row, i) => i == 0 ? row : row with { After = AfterOf(rows[i - 1], row) })];
    }

    /// <summary>How long after another line; never less than nothing, although clocks of nodes differ.</summary>
    private static string AfterOf(TimelineRow before, TimelineRow row) =>
        (before.At, row.At) is ({ } earlier, { } later)
            ? $"+{Words.DurationOf(later > earlier ? (later - earlier).ToTimeSpan() : TimeSpan.Zero)}"
            : "";

    private static TimelineRow OfEvent(Proto.TimelineEvent told, Proto.Checkout checkout)
    {
        var far = checkout.Cloud is null ? Reader : SumUp;
        var word = told.Refused?.Reason ?? told.Reason?.Code ?? told.Doubt?.Code;
        var what = told.Record is not null ? $"recorded: {told.Kind}"
            : told.Kind is "started" && far is SumUp ? "was sent the order"
            : EventWords.Describe(told.Kind);
        var money = told.Amount > 0 ? $", {Words.TextOf(checkout.TotalAmount, told.Amount)}" : "";
        var who = told.Actor is Device && far is SumUp ? "sumup" : told.Actor;
        var (from, to) = LanesOf(told, far);
        var text = what + money + (word is null ? "" : $": {word}");
        return new(told.At, "", who, text, told.Node, from, to, ToneOf(told));
    }

    private static (string From, string To) LanesOf(Proto.TimelineEvent told, string far) => told.Kind switch
    {
        "accepted" => (Till, Fleet),
        "started" or "terminate_requested" or "refund_begun" => (Fleet, far),
        "doubted" or "refund_doubted" => (Fleet, Fleet),
        "confirmed" or "refused" or "disputed" or "refund_dropped" or "refund_disputed" => (far, Fleet),
        _ when told.Actor is Device => (far, Fleet),
        _ when told.Actor is OfTill => (Till, Fleet),
        _ => (Fleet, Fleet),
    };

    private static string ToneOf(Proto.TimelineEvent told) => told.Kind switch
    {
        "succeeded" => "good",
        "failed" => "bad",
        "cancelled" => ReasonAdvice.LeavesDoubt(told.Reason?.Code) ? "warn" : "off",
        "disputed" or "doubted" or "refund_doubted" or "refund_disputed" or "refused" => "warn",
        _ => Plain,
    };

    private static TimelineRow OfCall(Proto.TimelineExchange call) => new(
        call.At, "", "cloud", string.Create(CultureInfo.InvariantCulture,
            $"{call.Operation}: {(call.Status > 0 ? $"{call.Status}" : call.Verdict)} in {call.LatencyMs} ms"), "",
        Fleet, SumUp, call.Status is >= 200 and < 300 ? Plain : "warn");

    private static TimelineRow OfDelivery(Proto.WebhookDelivery delivery) => new(
        null, "", "fleet",
        $"webhook {delivery.State}, {delivery.Attempts} {(delivery.Attempts == 1 ? "attempt" : "attempts")}", "",
        Fleet, Webhook,
        delivery.State switch { "delivered" => "good", "dead" => "bad", _ => Plain });
}

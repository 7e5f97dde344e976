using System.Diagnostics;

namespace Fleet.Server.Telemetry;

/// <summary>
/// The steps of a checkout as spans of one trace. They happen on several nodes and minutes apart, so the context of the
/// first is stored with the checkout, if it is recorded at all; the others begin from there. What is not recorded
/// costs a look at that.
/// </summary>
internal static class CheckoutTrace
{
    public const string Source = "Fleet";

    // The steps, in their order.
    public const string Start = "checkout.start", Decide = "checkout.decide", Commit = "ledger.commit",
        Show = "device.show", DeviceStart = "device.start", Result = "device.result", Deliver = "webhook.deliver";

    // And what may come between.
    public const string Terminate = "checkout.terminate", Expire = "checkout.expire", RecordOutcome = "checkout.record";

    private const string Carried = "fleet.trace";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>The context to store, as W3C writes it; null when what is under way here is not recorded.</summary>
    public static string? Context => Activity.Current is { Recorded: true } current ? current.Id : null;

    /// <summary>The commit that is under way here, if it is recorded.</summary>
    public static Activity? Committing =>
        Activity.Current is { Recorded: true, OperationName: Commit } commit ? commit : null;

    /// <summary>Begins a step of what is under way here.</summary>
    /// <param name="name">The step.</param>
    /// <param name="kind">Whether it waits for somebody outside.</param>
    public static Activity? BeginStep(string name, ActivityKind kind = ActivityKind.Internal) =>
        Activity.Current is { Recorded: true } ? Spans.StartActivity(name, kind) : null;

    /// <summary>Begins a step of a checkout.</summary>
    /// <param name="name">The step.</param>
    /// <param name="trace">The stored context; null when the checkout is not recorded.</param>
    /// <param name="kind">Whether it waits for somebody outside.</param>
    public static Activity? BeginStep(string name, string? trace, ActivityKind kind = ActivityKind.Internal)
    {
        if (trace is null || !ActivityContext.TryParse(trace, null, isRemote: true, out var context)) return null;
        return Activity.Current is { Recorded: true } current && current.TraceId == context.TraceId
            ? Spans.StartActivity(name, kind) // closer to where it belongs
            : Spans.StartActivity(name, kind, context);
    }

    /// <summary>
    /// Gives what is under way here to the grain that is called next. Orleans can do that for every call, and would
    /// make each one dearer, recorded or not.
    /// </summary>
    public static void FlowToGrain()
    {
        if (Context is { } context) RequestContext.Set(Carried, context);
    }

    /// <summary>Begins a step of what was carried here that is about a checkout with a trace of its own.</summary>
    public static Activity? BeginAbout(string name, string? trace)
    {
        var step = BeginStep(name, RequestContext.Get(Carried) as string);
        if (trace is not null && ActivityContext.TryParse(trace, null, isRemote: true, out var context))
            step?.AddLink(new(context));
        return step;
    }

    /// <summary>Notes an id or a word from a short list.</summary>
    public static void NoteTag(this Activity? step, string name, object? value) => step?.SetTag(name, value);
}

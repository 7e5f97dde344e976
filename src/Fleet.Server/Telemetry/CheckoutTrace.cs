using System.Diagnostics;

namespace Fleet.Server.Telemetry;

/// <summary>
/// The steps of a checkout as spans of one trace. They run on several nodes and minutes apart, so the context of the
/// first step is saved with the checkout, if it is traced; later steps continue it. A checkout that is not traced costs
/// only one comparison.
/// </summary>
internal static class CheckoutTrace
{
    public const string Source = "Fleet";

    // The steps, in their order.
    public const string Start = "checkout.start", Decide = "checkout.decide", Commit = "ledger.commit",
        Show = "device.show", DeviceStart = "device.start", Result = "device.result", Deliver = "webhook.deliver";

    // The calls to SumUp's cloud, for a reader that it reaches.
    public const string CloudCreate = "cloud.create", CloudRead = "cloud.read", CloudTerminate = "cloud.terminate";

    // Steps that may come between.
    public const string Terminate = "checkout.terminate", Expire = "checkout.expire", RecordOutcome = "checkout.record";

    private const string Carried = "fleet.trace";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>The context to save, in W3C's form; null when the current activity is not traced.</summary>
    public static string? Context => Activity.Current is { Recorded: true } current ? current.Id : null;

    /// <summary>The current commit, if it is traced.</summary>
    public static Activity? Committing =>
        Activity.Current is { Recorded: true, OperationName: Commit } commit ? commit : null;

    /// <summary>Begins a step of the current activity.</summary>
    /// <param name="name">The step.</param>
    /// <param name="kind">The kind of span: client when the step waits for another system.</param>
    public static Activity? BeginStep(string name, ActivityKind kind = ActivityKind.Internal) =>
        Activity.Current is { Recorded: true } ? Spans.StartActivity(name, kind) : null;

    /// <summary>Begins a step of a checkout.</summary>
    /// <param name="name">The step.</param>
    /// <param name="trace">The saved context; null when the checkout is not traced.</param>
    /// <param name="kind">The kind of span: client when the step waits for another system.</param>
    public static Activity? BeginStep(string name, string? trace, ActivityKind kind = ActivityKind.Internal)
    {
        if (trace is null || !ActivityContext.TryParse(trace, null, isRemote: true, out var context)) return null;
        return Activity.Current is { Recorded: true } current && current.TraceId == context.TraceId
            // the current activity belongs to the same trace, and is the closer parent
            ? Spans.StartActivity(name, kind)
            : Spans.StartActivity(name, kind, context);
    }

    /// <summary>
    /// Passes the current context to the grain that is called next. Orleans can do that for every call, but then every
    /// call would cost more, traced or not.
    /// </summary>
    public static void FlowToGrain()
    {
        if (Context is { } context) RequestContext.Set(Carried, context);
    }

    /// <summary>Begins a step of the passed context that is about a checkout with its own trace.</summary>
    public static Activity? BeginAbout(string name, string? trace)
    {
        var step = BeginStep(name, RequestContext.Get(Carried) as string);
        if (trace is not null && ActivityContext.TryParse(trace, null, isRemote: true, out var context))
            step?.AddLink(new(context));
        return step;
    }

    /// <summary>Adds a tag whose value is an id or a word of a short list.</summary>
    public static void NoteTag<T>(this Activity? step, string name, T value) => step?.SetTag(name, value);
}

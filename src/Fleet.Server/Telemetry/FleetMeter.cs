using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Telemetry;

/// <summary>
/// What happens on this node, counted and measured. Every value of a label is from a short closed list: no reader, key
/// or checkout is ever named.
/// </summary>
internal sealed class FleetMeter
{
    public const string Name = "Fleet";

    /// <summary>The code of a start of which the caller could not be told what became of it.</summary>
    public const string Unknown = "UNKNOWN";

    private static readonly string[] PairingResults = ["paired", "wrong_code", "locked", "refused"];

    private readonly Counter<long> _accepted, _refused, _finished, _disputed;
    private readonly Counter<long> _opened, _closed, _pairings, _fenced, _keys;
    private readonly Histogram<double> _accept, _prompt, _result, _wait, _attempt, _delivery, _commit;
    private readonly Histogram<long> _group;

    public FleetMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _accepted = meter.CreateCounter<long>("fleet.checkout.accepted", "{checkout}", "Checkouts accepted.");
        _refused = meter.CreateCounter<long>("fleet.checkout.refused", "{checkout}", "Starts refused, by code.");
        _finished = meter.CreateCounter<long>("fleet.checkout.finished", "{checkout}", "Checkouts that ended.");
        _disputed = meter.CreateCounter<long>("fleet.checkout.disputed", "{claim}", "Claims against the record.");
        _accept = meter.Seconds("fleet.checkout.accept.duration", Buckets.Quick, "From an order to its commit.");
        _prompt = meter.Seconds("fleet.checkout.prompt.duration", Buckets.Prompt, "Accepted until shown.");
        _result = meter.Seconds("fleet.checkout.result.duration", Buckets.Customer, "Accepted until it ended.");
        _wait = meter.Seconds("fleet.queue.wait", Buckets.Queue, "Time in a store's queue.");
        _opened = meter.CreateCounter<long>("fleet.link.opened", "{connection}", "Connections of devices begun.");
        _closed = meter.CreateCounter<long>("fleet.link.closed", "{connection}", "Connections ended, by reason.");
        _pairings = meter.CreateCounter<long>("fleet.pairing.attempts", "{attempt}", "Attempts to pair, by result.");
        _attempt = meter.Seconds("fleet.webhook.attempt.duration", Buckets.Webhook, "One attempt to deliver.");
        _delivery = meter.Seconds("fleet.webhook.delivery.duration", Buckets.Delivery, "Outcome until delivered.");
        _group = meter.CreateHistogram("fleet.ledger.group.size", "{append}", "Appends that shared a commit.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = Buckets.Group });
        _commit = meter.Seconds("fleet.ledger.commit.duration", Buckets.Quick, "One commit of a group.");
        _fenced = meter.CreateCounter<long>("fleet.ledger.fenced", "{append}", "Appends refused by the version.");
        _keys = meter.CreateCounter<long>("fleet.key.refused", "{request}", "Requests refused for their key.");
    }

    /// <summary>
    /// Counts nothing of each that is rare, so that a collector sees the first one as an increase from 0.
    /// </summary>
    public void Begin()
    {
        _accepted.Add(0);
        _disputed.Add(0);
        _opened.Add(0);
        _fenced.Add(0);
        _refused.Add(0, Label("code", Unknown));
        foreach (var result in PairingResults) _pairings.Add(0, Label("result", result));
        foreach (var reason in Enum.GetValues<KeyRefused>()) Refused(reason, 0);
    }

    /// <summary>What was just stored about checkouts.</summary>
    public void Happened(ImmutableArray<ReaderEvent> events)
    {
        foreach (var happened in events)
        {
            var checkout = happened.Checkout;
            var sinceAccepted = (checkout.UpdatedAt - checkout.AcceptedAt).TotalSeconds;
            if (happened.Kind is EventKind.Accepted) _accepted.Add(1);
            if (happened.Kind is EventKind.Started) _prompt.Record(sinceAccepted);
            if (happened.Kind is EventKind.Disputed) _disputed.Add(1);
            if (!happened.IsOutcome) continue;
            var outcome = checkout.State.Word();
            _result.Record(sinceAccepted, Label("outcome", outcome));
            _finished.Add(1, Label("outcome", outcome), Label("reason", checkout.Reason?.Word() ?? "none"));
        }
    }

    /// <summary>A checkout was accepted.</summary>
    public void Accepted(TimeSpan took) => _accept.Record(took.TotalSeconds);

    /// <summary>A start was refused.</summary>
    /// <param name="code">The public word of the error.</param>
    public void Refused(string code) => _refused.Add(1, Label("code", code));

    /// <summary>Nobody knows what became of a start.</summary>
    public void Lost() => _refused.Add(1, Label("code", Unknown));

    /// <summary>A till is out of the queue.</summary>
    public void Left(QueueEnd end, TimeSpan waited) => _wait.Record(waited.TotalSeconds, Label("result", end.Word()));

    public void Opened() => _opened.Add(1);

    public void Closed(LinkEnd end) => _closed.Add(1, Label("reason", end.Word()));

    /// <summary>A key tried to pair a device; what a dry run would have done counts for nothing.</summary>
    public void Paired(PairReply reply)
    {
        if (reply.Reader is not null) _pairings.Add(1, Label("result", "paired"));
        else if (reply.Refusal is { Code: RefusalCode.PairingCodeUnknown })
            _pairings.Add(1, Label("result", "wrong_code"));
        else if (reply.Refusal is not null) _pairings.Add(1, Label("result", "refused"));
    }

    /// <summary>A key may not try to pair, for its wrong codes.</summary>
    public void Locked() => _pairings.Add(1, Label("result", "locked"));

    /// <summary>An attempt to deliver an event ended.</summary>
    /// <param name="state">Where the event is now.</param>
    /// <param name="took">The attempt.</param>
    /// <param name="sinceOutcome">How long ago the event happened.</param>
    public void Attempted(DeliveryState state, TimeSpan took, TimeSpan sinceOutcome)
    {
        var result = state is DeliveryState.Waiting ? "failed" : state.Word();
        _attempt.Record(took.TotalSeconds, Label("result", result));
        if (state is DeliveryState.Delivered) _delivery.Record(sinceOutcome.TotalSeconds);
    }

    /// <summary>Commits a group, and measures it.</summary>
    public async Task<AppendOutcome[]> Commit(
        IReadOnlyList<LedgerAppend> group, Func<IReadOnlyList<LedgerAppend>, Task<AppendOutcome[]>> commit)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var outcomes = await commit(group);
        _commit.Record(TimeProvider.System.GetElapsedTime(begun).TotalSeconds);
        _group.Record(group.Count);
        foreach (var outcome in outcomes)
        {
            if (outcome is AppendOutcome.Stale) _fenced.Add(1);
        }
        return outcomes;
    }

    /// <summary>A request was refused for its key.</summary>
    public void Refused(KeyRefused reason, int requests = 1) => _keys.Add(requests, Label("reason", reason.Word()));

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}

/// <summary>Why a key is refused.</summary>
internal enum KeyRefused
{
    /// <summary>There is none, or nobody knows it.</summary>
    WrongKey,

    /// <summary>It may not do that.</summary>
    Scope,

    /// <summary>It asks too often.</summary>
    Rate,
}

/// <summary>How a till leaves the queue of a store.</summary>
internal enum QueueEnd
{
    /// <summary>With a reader.</summary>
    Served,

    /// <summary>It waited as long as it wanted to.</summary>
    Timeout,

    /// <summary>It hung up, or asks no more.</summary>
    Left,
}

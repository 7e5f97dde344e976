using System.Diagnostics.Metrics;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Errors;
using Fleet.Core.Incidents;
using Fleet.Core.Retention;

namespace Fleet.Server.Telemetry;

/// <summary>
/// The counters and histograms of this node; its gauges are in the room Hosting. Every label has a short closed list of
/// values: readers, keys and checkouts are never label values.
/// </summary>
internal sealed class FleetMeter
{
    public const string Name = "Fleet";

    /// <summary>The code of a start whose outcome could not be reported to the caller.</summary>
    public const string Unknown = "UNKNOWN";

    private static readonly string[] RosterResults =
        ["compared", "failed", "partial", "doubted", "lost", "rebound", "confirmed"];

    private static readonly string[] PairingResults = ["paired", "wrong_code", "locked", "refused"];

    private static readonly string[] CanaryResults = ["paid", "failed"];

    private static readonly string[] RetentionSteps = ["exported", "removed"], RetentionResults = ["done", "failed"];

    private readonly Counter<long> _accepted, _refused, _finished, _disputed;
    private readonly Counter<long> _opened, _closed, _pairings, _fenced, _failed, _keys, _exchanges;
    private readonly Counter<long> _canaries, _doubted, _roster, _incidents, _retained, _retentions;
    private readonly Histogram<double> _accept, _prompt, _result, _wait, _attempt, _delivery, _commit;
    private readonly Histogram<double> _cloud, _settle, _canary;
    private readonly Histogram<long> _group;

    public FleetMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _accepted = meter.CreateCounter<long>("fleet.checkout.accepted", "{checkout}", "Checkouts accepted.");
        _refused = meter.CreateCounter<long>("fleet.checkout.refused", "{checkout}", "Starts refused, by code.");
        _finished = meter.CreateCounter<long>("fleet.checkout.finished", "{checkout}", "Checkouts that ended.");
        _disputed = meter.CreateCounter<long>("fleet.checkout.disputed", "{claim}", "Claims against the record.");
        _accept = meter.CreateSeconds("fleet.checkout.accept.duration", Buckets.Quick, "From an order to its commit.");
        _prompt = meter.CreateSeconds("fleet.checkout.prompt.duration", Buckets.Prompt, "Accepted until shown.");
        _result = meter.CreateSeconds("fleet.checkout.result.duration", Buckets.Customer, "Accepted until it ended.");
        _wait = meter.CreateSeconds("fleet.queue.wait", Buckets.Queue, "Time in a store's queue.");
        _opened = meter.CreateCounter<long>("fleet.link.opened", "{connection}", "Connections of devices begun.");
        _closed = meter.CreateCounter<long>("fleet.link.closed", "{connection}", "Connections ended, by reason.");
        _pairings = meter.CreateCounter<long>("fleet.pairing.attempts", "{attempt}", "Attempts to pair, by result.");
        _attempt = meter.CreateSeconds("fleet.webhook.attempt.duration", Buckets.Webhook, "One attempt to deliver.");
        _delivery =
            meter.CreateSeconds("fleet.webhook.delivery.duration", Buckets.Delivery, "Outcome until delivered.");
        _group = meter.CreateHistogram("fleet.ledger.group.size", "{append}", "Appends that shared a commit.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = Buckets.Group });
        _commit = meter.CreateSeconds("fleet.ledger.commit.duration", Buckets.Quick, "One commit of a group.");
        _fenced = meter.CreateCounter<long>("fleet.ledger.fenced", "{append}", "Appends refused by the version.");
        _failed = meter.CreateCounter<long>("fleet.ledger.failed", "{commit}", "Commits of a group that failed.");
        _keys = meter.CreateCounter<long>("fleet.key.refused", "{request}", "Requests refused for their key.");
        _doubted = meter.CreateCounter<long>(
            "fleet.checkout.doubted", "{checkout}", "Checkouts of which it was not known what SumUp did.");
        _settle = meter.CreateSeconds("fleet.checkout.settle.duration", Buckets.Settle, "Doubted until it was known.");
        _cloud = meter.CreateSeconds("fleet.cloud.call.duration", Buckets.Webhook, "One attempt of a call to SumUp.");
        _exchanges = meter.CreateCounter<long>(
            "fleet.cloud.exchanges.dropped", "{exchange}", "Exchanges with SumUp's cloud that were not logged.");
        _roster = meter.CreateCounter<long>("fleet.cloud.roster", "{event}", "Readers compared with SumUp's cloud.");
        _incidents = meter.CreateCounter<long>("fleet.incident.opened", "{incident}", "Incidents opened, by kind.");
        _retained = meter.CreateCounter<long>("fleet.retention.rows", "{row}", "Old rows exported and removed.");
        _canaries = meter.CreateCounter<long>("fleet.canary.payments", "{payment}", "Payments of the canary.");
        _canary = meter.CreateSeconds("fleet.canary.duration", Buckets.Quick, "One payment of the canary.");
        _retentions = meter.CreateCounter<long>("fleet.retention.runs", "{run}", "Runs of the retention, by result.");
    }

    /// <summary>Adds 0 to each rare counter, so that a collector sees the first event as an increase from 0.</summary>
    public void StartAtZero()
    {
        _accepted.Add(0);
        _disputed.Add(0);
        _opened.Add(0);
        _fenced.Add(0);
        _failed.Add(0);
        _exchanges.Add(0);
        _refused.Add(0, MakeLabel("code", Unknown));
        foreach (var result in PairingResults) _pairings.Add(0, MakeLabel("result", result));
        foreach (var result in RosterResults) _roster.Add(0, MakeLabel("result", result));
        foreach (var reason in Enum.GetValues<KeyRefused>()) CountRefusedKey(reason, 0);
        foreach (var doubt in Enum.GetValues<Doubt>()) CountDoubted(doubt, 0);
        foreach (var kind in Enum.GetValues<IncidentKind>()) CountIncident(kind.ToWireName(), 0);
    }

    /// <summary>Counts a checkout that was saved as accepted.</summary>
    public void CountAccepted() => _accepted.Add(1);

    /// <summary>Counts a saved claim against the record.</summary>
    public void CountDisputed() => _disputed.Add(1);

    /// <summary>Measures when a device showed its checkout.</summary>
    /// <param name="sinceAccepted">Seconds.</param>
    public void MeasurePrompt(double sinceAccepted) => _prompt.Record(sinceAccepted);

    /// <summary>Measures a checkout that ended.</summary>
    /// <param name="outcome">Its state.</param>
    /// <param name="reason">The reason; <c>none</c> when there is none.</param>
    /// <param name="sinceAccepted">Seconds.</param>
    public void MeasureOutcome(string outcome, string reason, double sinceAccepted)
    {
        _result.Record(sinceAccepted, MakeLabel("outcome", outcome));
        _finished.Add(1, MakeLabel("outcome", outcome), MakeLabel("reason", reason));
    }

    /// <summary>Measures the acceptance of a checkout.</summary>
    public void MeasureAccept(TimeSpan took) => _accept.Record(took.TotalSeconds);

    /// <summary>Counts a start that was refused or not answered.</summary>
    /// <param name="told">
    /// The error. Where the caller could not be told what became of the start, the label is <see cref="Unknown"/>.
    /// </param>
    public void CountRefusedStart(ErrorEntry told) => _refused.Add(1, MakeLabel("code",
        told.Status is 503 ? Unknown : (ErrorCatalogue.Find(told.Code) ?? RequestErrors.BadRequest).Code));

    /// <summary>Measures the wait of a till that left the queue.</summary>
    public void MeasureWait(QueueEnd end, TimeSpan waited) =>
        _wait.Record(waited.TotalSeconds, MakeLabel("result", end.ToWireName()));

    public void CountOpened() => _opened.Add(1);

    public void CountClosed(string reason) => _closed.Add(1, MakeLabel("reason", reason));

    /// <summary>Counts an attempt to pair a device.</summary>
    /// <param name="result"><c>paired</c>, <c>wrong_code</c> or <c>refused</c>.</param>
    public void CountPairing(string result) => _pairings.Add(1, MakeLabel("result", result));

    /// <summary>Counts an attempt that was refused because the key had tried too many wrong codes.</summary>
    public void CountLocked() => _pairings.Add(1, MakeLabel("result", "locked"));

    /// <summary>Measures an attempt to deliver an event.</summary>
    /// <param name="result"><c>delivered</c>, <c>failed</c> or <c>dead</c>.</param>
    /// <param name="took">The duration of the attempt.</param>
    public void MeasureAttempt(string result, TimeSpan took) =>
        _attempt.Record(took.TotalSeconds, MakeLabel("result", result));

    /// <summary>Measures the delivery of an event.</summary>
    /// <param name="sinceOutcome">The time since the outcome.</param>
    public void MeasureDelivery(TimeSpan sinceOutcome) => _delivery.Record(sinceOutcome.TotalSeconds);

    /// <summary>Measures the commit of a group of appends.</summary>
    /// <param name="took">The duration of the commit.</param>
    /// <param name="appends">The number of appends.</param>
    /// <param name="fenced">How many of them were refused because of their version.</param>
    public void MeasureCommit(TimeSpan took, int appends, int fenced)
    {
        _commit.Record(took.TotalSeconds);
        _group.Record(appends);
        if (fenced > 0) _fenced.Add(fenced);
    }

    /// <summary>Counts a group of appends that was not committed, or of which that is not known.</summary>
    public void CountFailedCommit() => _failed.Add(1);

    /// <summary>Counts requests that were refused because of their key.</summary>
    public void CountRefusedKey(KeyRefused reason, int requests = 1) =>
        _keys.Add(requests, MakeLabel("reason", reason.ToWireName()));

    /// <summary>Counts checkouts of which it is not known what SumUp's cloud did.</summary>
    public void CountDoubted(Doubt doubt, int checkouts = 1) =>
        _doubted.Add(checkouts, MakeLabel("doubt", doubt.ToWireName()));

    /// <summary>Measures how long that was not known.</summary>
    /// <param name="by">Who ended it: <c>cloud</c>, <c>operator</c>, or <c>fleet</c> when it never started.</param>
    /// <param name="took">The time since then.</param>
    public void MeasureSettled(string by, TimeSpan took) => _settle.Record(took.TotalSeconds, MakeLabel("by", by));

    /// <summary>Measures an attempt of a call to SumUp's cloud.</summary>
    /// <param name="operation">What it does; one of a dozen.</param>
    /// <param name="result"><c>2xx</c> and the like, or why there is no answer.</param>
    /// <param name="took">The time until the answer was read, without the wait for its turn.</param>
    public void MeasureCloudCall(string operation, string result, TimeSpan took) =>
        _cloud.Record(took.TotalSeconds, MakeLabel("operation", operation), MakeLabel("result", result));

    /// <summary>Counts exchanges with SumUp's cloud that could not be stored.</summary>
    public void CountDroppedExchanges(int exchanges) => _exchanges.Add(exchanges);

    /// <summary>Counts a comparison of readers with SumUp's cloud, or a reader that it changed.</summary>
    /// <param name="result">For example <c>compared</c>, or <c>lost</c> for a reader.</param>
    public void CountRoster(string result) => _roster.Add(1, MakeLabel("result", result));

    /// <summary>Counts incidents that were opened, in the whole cluster each once.</summary>
    public void CountIncident(string kind, int incidents = 1) => _incidents.Add(incidents, MakeLabel("kind", kind));

    /// <summary>Counts old rows.</summary>
    /// <param name="kind">What they are.</param>
    /// <param name="step"><c>exported</c> or <c>removed</c>.</param>
    /// <param name="rows">How many.</param>
    public void CountRetention(RetentionKind kind, string step, int rows) =>
        _retained.Add(rows, MakeLabel("kind", kind.ToWireName()), MakeLabel("step", step));

    /// <summary>Counts a run of the retention.</summary>
    /// <param name="kind">What was looked for.</param>
    /// <param name="result"><c>done</c> or <c>failed</c>.</param>
    /// <param name="runs">How many.</param>
    public void CountRetentionRun(RetentionKind kind, string result, int runs = 1) =>
        _retentions.Add(runs, MakeLabel("kind", kind.ToWireName()), MakeLabel("result", result));

    /// <summary>Adds 0 to the counters of a kind, so that alerts have data also where nothing is removed.</summary>
    public void StartRetention(RetentionKind kind)
    {
        foreach (var step in RetentionSteps) CountRetention(kind, step, 0);
        foreach (var result in RetentionResults) CountRetentionRun(kind, result, 0);
    }

    /// <summary>Adds 0 to the counters of the canary, on nodes that may make its payments.</summary>
    public void StartCanary()
    {
        foreach (var result in CanaryResults) _canaries.Add(0, MakeLabel("result", result));
    }

    /// <summary>Measures a payment of the canary, from the request to its outcome.</summary>
    public void MeasureCanary(bool paid, TimeSpan took)
    {
        _canaries.Add(1, MakeLabel("result", CanaryResults[paid ? 0 : 1]));
        if (paid) _canary.Record(took.TotalSeconds);
    }

    private static KeyValuePair<string, object?> MakeLabel(string name, string value) => new(name, value);
}

/// <summary>Why a key is refused.</summary>
internal enum KeyRefused
{
    /// <summary>The key is missing or unknown.</summary>
    WrongKey,

    /// <summary>The key lacks the scope.</summary>
    Scope,

    /// <summary>The key makes too many requests.</summary>
    Rate,
}

/// <summary>How a till leaves the queue of a store.</summary>
internal enum QueueEnd
{
    /// <summary>The till got a reader.</summary>
    Served,

    /// <summary>Its waiting time is over.</summary>
    Timeout,

    /// <summary>The till closed the connection, or does not ask any more.</summary>
    Left,
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Fleet.Core;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Fleet.Server.Webhooks;

/// <summary>
/// Takes what is due out of the outbox and delivers it. All waiting between attempts is in the outbox, so a node that
/// dies forgets nothing; another one goes on when the lease is over.
/// </summary>
internal sealed class WebhookSender(
    IOutbox outbox, WebhookClient client, IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time,
    ILogger<WebhookSender> log) : BackgroundService
{
    /// <summary>
    /// Attempts of this node at the same time. When it is crowded, only hosts that have none are given one: however
    /// many are slow, they leave room for another's first attempt.
    /// </summary>
    private const int MaxUnderWay = 256, Crowded = 128;

    /// <summary>Hosts whose recent failures are remembered; beyond that, those at rest are forgotten.</summary>
    private const int MaxDestinations = 1_000;

    /// <summary>How much longer than its time an attempt belongs to this node.</summary>
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(20);

    /// <summary>How long a stopping node waits for its attempts.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>How often it looks for what nobody told it of.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a receiver may ask to be left alone.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>When an event is tried again that met a host which had just been given up.</summary>
    private static readonly TimeSpan AfterBroken = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Destination> _destinations = new();
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly TaskCompletionSource _atRest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandon = new();

    private volatile bool _stopping, _leftSome;
    private int _underWay, _looks;

    /// <summary>Attempts under way here.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>How often it has looked what is due.</summary>
    public int Looks => Volatile.Read(ref _looks);

    private WebhookOptions Settings => options.Value.Webhooks;

    /// <summary>Says that there is something new, so that its first attempt does not wait for the next look.</summary>
    public void Wake() => _work.Writer.TryWrite(true);

    /// <summary>
    /// Takes nothing more, and lets what is under way end: an attempt that is cut off would be made twice.
    /// </summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        _stopping = true;
        if (UnderWay == 0) return;
        await _atRest.Task.WaitAsync(Farewell, TimeProvider.System, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abandon.CancelAsync();
    }

    public override void Dispose()
    {
        _abandon.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = time.CreateTimer(_ => Wake(), null, Period, Period);
        while (await _work.Reader.WaitToReadAsync(stoppingToken))
        {
            _work.Reader.TryRead(out _);
            try
            {
                await BeginAttempts(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.ClaimFailed(e.Message); // the next look tries again
            }
            Interlocked.Increment(ref _looks);
        }
    }

    /// <summary>
    /// A host that has room for less than half of its attempts is passed by, and no other is given more than that half:
    /// so none has more than it may, and a claim need not know how many each has.
    /// </summary>
    private async Task BeginAttempts(CancellationToken stopping)
    {
        _leftSome = true; // until it is known: a delivery that ends meanwhile makes room this look did not see
        var (most, perHost) = UnderWay < Crowded ? (Crowded, Settings.PerHost) : (MaxUnderWay, 1);
        var (room, half) = (most - UnderWay, Math.Max(1, perHost / 2));
        if (room <= 0) return;
        ForgetDestinations();
        var (now, timeout) = (time.Now(), TimeSpan.FromSeconds(Settings.TimeoutSeconds));
        var full = _destinations.Where(one => one.Value.IsBroken || one.Value.UnderWay > perHost - half)
            .Select(one => one.Key).ToList();
        var claimed = await outbox.ClaimAttempts(now, now + timeout + LeaseMargin, new(room, half), full, stopping);
        var mayHaveMore = claimed.Count == room
            || claimed.CountBy(attempt => attempt.Event.Host).Any(host => host.Value == half);
        _leftSome = full.Count > 0 || mayHaveMore;
        foreach (var attempt in claimed)
        {
            var destination = _destinations.GetOrAdd(attempt.Event.Host, host => new(host, timeout, time));
            destination.BeginAttempt();
            Interlocked.Increment(ref _underWay);
            _ = DeliverEvent(attempt, destination);
        }
        if (mayHaveMore) Wake();
    }

    private void ForgetDestinations()
    {
        if (_destinations.Count <= MaxDestinations) return;
        foreach (var (host, _) in _destinations.Where(one => one.Value is { UnderWay: 0, IsBroken: false }))
            _destinations.TryRemove(host, out _);
    }

    private async Task DeliverEvent(Attempt attempt, Destination destination)
    {
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Deliver, attempt.Event.Trace, ActivityKind.Client);
        step.NoteTag("fleet.webhook.attempt", attempt.Number);
        try
        {
            var begun = time.GetTimestamp();
            var settlement = await TrySend(attempt, destination);
            step.NoteTag("fleet.webhook.state", settlement.State.ToWireName());
            var result = settlement.State is DeliveryState.Waiting ? "failed" : settlement.State.ToWireName();
            meter.MeasureAttempt(result, time.GetElapsedTime(begun));
            if (settlement.State is DeliveryState.Delivered) meter.Delivered(time.Now() - attempt.Event.At);
            await outbox.SettleAttempt(attempt, settlement);
            log.AttemptEnded(attempt.Event.Id, attempt.Number, settlement.State, settlement.Problem ?? "delivered");
        }
        catch (OperationCanceledException) when (_stopping)
        {
            // The lease runs out, and another node tries again.
        }
        catch (Exception e)
        {
            log.SettleFailed(attempt.Event.Id, attempt.Number, e); // and so here
        }
        finally
        {
            EndAttempt(destination);
        }
    }

    private void EndAttempt(Destination destination)
    {
        destination.EndAttempt();
        if (Interlocked.Decrement(ref _underWay) == 0 && _stopping) _atRest.TrySetResult();
        if (_leftSome) Wake(); // otherwise nothing is due that was not due at the last look
    }

    private async Task<Settlement> TrySend(Attempt attempt, Destination destination)
    {
        try
        {
            var answered = await destination.SendAttempt(
                async cancel => await client.SendEvent(attempt.Event, cancel), _abandon.Token);
            if (answered.IsSuccess) return new(DeliveryState.Delivered, attempt.Failures);
            if (answered.IsGone) return new(DeliveryState.Dead, attempt.Failures + 1, Problem: "gone");
            return ScheduleRetry(attempt, $"status {(int)answered.Status}", answered.RetryAfter);
        }
        catch (BrokenCircuitException)
        {
            return new(DeliveryState.Waiting, attempt.Failures, time.Now() + AfterBroken, "host given up for a while");
        }
        catch (TimeoutRejectedException)
        {
            return ScheduleRetry(attempt, "no answer in time");
        }
        catch (HttpRequestException e)
        {
            return ScheduleRetry(attempt, e.InnerException is EgressRefusedException refused
                ? refused.Message
                : WebhookClient.ProblemOf(e));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return ScheduleRetry(attempt, $"not sent: {e.GetType().Name}"); // its URL is none, for example
        }
    }

    /// <summary>
    /// The next attempt, later by a random fifth at most, so that those of one outage do not come together.
    /// </summary>
    private Settlement ScheduleRetry(Attempt attempt, string problem, TimeSpan? retryAfter = null)
    {
        var retries = Settings.Retries;
        if (attempt.Failures >= retries.Count) return new(DeliveryState.Dead, attempt.Failures + 1, Problem: problem);
        var wait = TimeSpan.FromSeconds(retries[attempt.Failures]);
        wait += wait * RandomNumberGenerator.GetInt32(0, 200) / 1000;
        if (retryAfter > wait) wait = retryAfter < MaxRetryAfter ? retryAfter.Value : MaxRetryAfter;
        return new(DeliveryState.Waiting, attempt.Failures + 1, time.Now() + wait, problem);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Fleet.Core;
using Fleet.Server.Access;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Fleet.Server.Webhooks;

/// <summary>
/// Claims due events from the outbox and delivers them. All waiting between attempts is in the outbox, so nothing is
/// lost when a node dies; another node continues when the lease is over.
/// </summary>
internal sealed class WebhookSender(
    IOutbox outbox, WebhookClient client, MerchantDirectory merchants, IGrainFactory grains,
    IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time, ILogger<WebhookSender> log)
    : BackgroundService
{
    /// <summary>
    /// Attempts of this node at the same time. Above the second number, only hosts without a running attempt get one,
    /// so that many slow hosts leave room for the first attempt to another host.
    /// </summary>
    private const int MaxUnderWay = 256, Crowded = 128;

    /// <summary>
    /// Hosts whose recent failures are remembered; beyond that, hosts without attempts are forgotten.
    /// </summary>
    private const int MaxDestinations = 1_000;

    /// <summary>How much longer than its time-out an attempt's lease lasts.</summary>
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(20);

    /// <summary>How long a stopping node waits for its attempts.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>How often it checks the outbox without a signal.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait that a receiver may ask for.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>The delay before an event is tried again whose host has just been blocked.</summary>
    private static readonly TimeSpan AfterBroken = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Destination> _destinations = new();
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly TaskCompletionSource _atRest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandon = new();

    private volatile bool _stopping, _leftSome;
    private int _underWay, _looks;

    /// <summary>Attempts that are running on this node.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>How often it has checked the outbox.</summary>
    public int Looks => Volatile.Read(ref _looks);

    private WebhookOptions Settings => options.Value.Webhooks;

    /// <summary>
    /// Signals that there is a new event, so that its first attempt does not wait for the next check.
    /// </summary>
    public void Wake() => _work.Writer.TryWrite(true);

    /// <summary>
    /// Claims nothing more, and lets running attempts end: an attempt that is cut off would be made twice.
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
                log.ClaimFailed(e.Message); // the next check tries again
            }
            Interlocked.Increment(ref _looks);
        }
    }

    /// <summary>
    /// One claim gives each host at most half of the attempts that a host may have, and skips a host with less room
    /// than that. So no host gets more attempts than allowed, and a claim need not know how many each host has.
    /// </summary>
    private async Task BeginAttempts(CancellationToken stopping)
    {
        // until the result is known: a delivery that ends meanwhile makes room that this check did not see
        _leftSome = true;
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
            if (settlement.State is DeliveryState.Delivered) meter.MeasureDelivery(time.Now() - attempt.Event.At);
            await outbox.SettleAttempt(attempt, settlement);
            log.AttemptEnded(attempt.Event.Id, attempt.Number, settlement.State, settlement.Problem ?? "delivered");
        }
        catch (OperationCanceledException) when (_stopping)
        {
            // The lease ends, and another node tries again.
        }
        catch (Exception e)
        {
            log.SettleFailed(attempt.Event.Id, attempt.Number, e); // as above
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
        if (_leftSome) Wake(); // otherwise nothing new is due since the last check
    }

    private async Task<Settlement> TrySend(Attempt attempt, Destination destination)
    {
        try
        {
            var faults = await TakeFaults(attempt.Event.MerchantCode);
            if (faults.Delay > TimeSpan.Zero && attempt.Number == 1)
                return new(DeliveryState.Waiting, 0, time.Now() + faults.Delay, "delayed by a test");
            if (faults.FailNext > 0)
                return ScheduleRetry(attempt, $"status {StatusCodes.Status500InternalServerError}");
            var answered = await Send();
            if (answered.IsSuccess && faults.Twice) await Send();
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

        ValueTask<WebhookAnswer> Send() => destination.SendAttempt(
            async cancel => await client.SendEvent(attempt.Event, cancel), _abandon.Token);
    }

    /// <summary>What a test does to the webhooks of a sandbox merchant; nothing for any other.</summary>
    private async Task<WebhookFaults> TakeFaults(string merchantCode)
    {
        if (merchants.FindMerchant(merchantCode) is not { Rules.Sandbox: true }) return WebhookFaults.None;
        try
        {
            return await grains.GetGrain<IWebhookFaultsGrain>(merchantCode).TakeFaults();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return WebhookFaults.None; // a test does not keep an outcome from its receiver
        }
    }

    /// <summary>
    /// The next attempt, delayed by a random fifth at most, so that the retries after one outage do not come at the
    /// same time.
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

using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Fleet.Server.Webhooks;

/// <summary>
/// A host to which events are sent: how many attempts to it are running, and whether a new one is allowed.
/// </summary>
internal sealed class Destination
{
    /// <summary>Attempts within <see cref="Window"/> that are needed before a host is blocked for a while.</summary>
    private const int MinAttempts = 10;

    /// <summary>The share of them that must have failed.</summary>
    private const double FailureRatio = 0.8;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30), Break = TimeSpan.FromSeconds(15);

    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline<WebhookAnswer> _pipeline;
    private readonly TimeProvider _time;
    private int _underWay;
    private long _brokenUntil; // in ticks, UTC

    public Destination(string host, TimeSpan timeout, TimeProvider time)
    {
        (Host, _time) = (host, time);
        _pipeline = new ResiliencePipelineBuilder<WebhookAnswer> { Name = "webhook", TimeProvider = time }
            .ConfigureTelemetry(NullLoggerFactory.Instance) // measured, not logged: the outbox keeps what failed
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<WebhookAnswer>
            {
                MinimumThroughput = MinAttempts,
                FailureRatio = FailureRatio,
                SamplingDuration = Window,
                BreakDuration = Break,
                StateProvider = _circuit,
                OnOpened = opened =>
                {
                    Volatile.Write(ref _brokenUntil, time.GetUtcNow().Add(opened.BreakDuration).UtcTicks);
                    return default;
                },
                ShouldHandle = new PredicateBuilder<WebhookAnswer>()
                    .Handle<Exception>().HandleResult(answered => !answered.IsSuccess && !answered.IsGone),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = timeout })
            .Build();
    }

    public string Host { get; }

    /// <summary>Attempts that are running.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>
    /// Whether the host failed so often that it is blocked: for a while, and then until one attempt has shown whether
    /// it works again. The state of the circuit alone is not enough: it changes only by an attempt, so a blocked host
    /// would stay blocked for ever.
    /// </summary>
    public bool IsBroken => _circuit.CircuitState switch
    {
        CircuitState.Open => _time.GetUtcNow().UtcTicks < Volatile.Read(ref _brokenUntil),
        CircuitState.HalfOpen => UnderWay > 0,
        _ => false,
    };

    public void BeginAttempt() => Interlocked.Increment(ref _underWay);

    public void EndAttempt() => Interlocked.Decrement(ref _underWay);

    /// <summary>Sends an event, unless the host is blocked, with a time-out.</summary>
    public ValueTask<WebhookAnswer> SendAttempt(
        Func<CancellationToken, ValueTask<WebhookAnswer>> send, CancellationToken cancel) =>
        _pipeline.ExecuteAsync(send, cancel);
}

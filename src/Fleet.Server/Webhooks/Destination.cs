using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Fleet.Server.Webhooks;

/// <summary>
/// A host that events go to: how many attempts are under way there, and whether it is worth another one.
/// </summary>
internal sealed class Destination
{
    /// <summary>Attempts within <see cref="Window"/> before a host can be given up for a while.</summary>
    private const int MinAttempts = 10;

    /// <summary>The share of them that failed.</summary>
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
            .ConfigureTelemetry(NullLoggerFactory.Instance) // measured, not logged: the outbox says what failed
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

    /// <summary>Attempts under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>
    /// Whether it failed so often that it is left alone: for a while, and then until one attempt has found out more.
    /// Only an attempt moves the circuit on, so its state alone would keep all of them away for ever.
    /// </summary>
    public bool IsBroken => _circuit.CircuitState switch
    {
        CircuitState.Open => _time.GetUtcNow().UtcTicks < Volatile.Read(ref _brokenUntil),
        CircuitState.HalfOpen => UnderWay > 0,
        _ => false,
    };

    public void BeginAttempt() => Interlocked.Increment(ref _underWay);

    public void EndAttempt() => Interlocked.Decrement(ref _underWay);

    /// <summary>Sends within the time and unless the host is given up.</summary>
    public ValueTask<WebhookAnswer> SendAttempt(
        Func<CancellationToken, ValueTask<WebhookAnswer>> send, CancellationToken cancel) =>
        _pipeline.ExecuteAsync(send, cancel);
}

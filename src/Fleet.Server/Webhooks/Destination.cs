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
    private readonly ResiliencePipeline<Answered> _pipeline;
    private int _underWay;

    public Destination(string host, TimeSpan timeout, TimeProvider time)
    {
        Host = host;
        _pipeline = new ResiliencePipelineBuilder<Answered> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<Answered>
            {
                MinimumThroughput = MinAttempts,
                FailureRatio = FailureRatio,
                SamplingDuration = Window,
                BreakDuration = Break,
                StateProvider = _circuit,
                ShouldHandle = new PredicateBuilder<Answered>()
                    .Handle<Exception>().HandleResult(answered => !answered.IsSuccess && !answered.IsGone),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = timeout })
            .Build();
    }

    public string Host { get; }

    /// <summary>Attempts under way.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Whether it failed so often that it is left alone.</summary>
    public bool IsBroken => _circuit.CircuitState is CircuitState.Open or CircuitState.Isolated;

    public void Enter() => Interlocked.Increment(ref _underWay);

    public void Leave() => Interlocked.Decrement(ref _underWay);

    /// <summary>Sends within the time and unless the host is given up.</summary>
    public ValueTask<Answered> Send(Func<CancellationToken, ValueTask<Answered>> send, CancellationToken cancel) =>
        _pipeline.ExecuteAsync(send, cancel);
}

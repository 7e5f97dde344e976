using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.CircuitBreaker;

namespace Fleet.Server.Cloud;

/// <summary>
/// Blocks the calls of a key for a while when most of them fail. After that one call is a probe: when it succeeds the
/// key is no longer blocked.
/// </summary>
internal sealed class CloudBreaker
{
    /// <summary>Calls within <see cref="Window"/> that are needed before a key is blocked.</summary>
    private const int MinCalls = 5;

    /// <summary>The share of them that must have failed.</summary>
    private const double FailureRatio = 0.5;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30), Break = TimeSpan.FromSeconds(10);

    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly TimeProvider _time;
    private long _blockedUntil; // in ticks, UTC

    public CloudBreaker(string merchantCode, TimeProvider time, ILogger log)
    {
        _time = time;
        _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { Name = "cloud-breaker", TimeProvider = time }
            .ConfigureTelemetry(NullLoggerFactory.Instance) // measured, and logged below in our words
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                MinimumThroughput = MinCalls,
                FailureRatio = FailureRatio,
                SamplingDuration = Window,
                BreakDuration = Break,
                StateProvider = _circuit,
                ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
                    .Handle<Exception>(failure => failure is not OperationCanceledException) // the caller left
                    .HandleResult(answer => answer.StatusCode >= HttpStatusCode.InternalServerError),
                OnOpened = opened =>
                {
                    Volatile.Write(ref _blockedUntil, time.GetUtcNow().Add(opened.BreakDuration).UtcTicks);
                    log.AccountBlocked(merchantCode, opened.BreakDuration.TotalSeconds);
                    return default;
                },
                OnClosed = _ =>
                {
                    log.AccountWorks(merchantCode);
                    return default;
                },
            })
            .Build();
    }

    /// <summary>Whether calls are not blocked, not even all but a probe. Only then a payment is started.</summary>
    public bool IsClosed => _circuit.CircuitState is CircuitState.Closed;

    /// <summary>Whether no call is sent, not even as a probe.</summary>
    public bool IsBlocking =>
        _circuit.CircuitState is CircuitState.Open && _time.GetUtcNow().UtcTicks < Volatile.Read(ref _blockedUntil);

    /// <summary>Sends a call, unless the key is blocked.</summary>
    /// <exception cref="CloudWithheldException">The key is blocked.</exception>
    public async Task<HttpResponseMessage> Send(
        Func<CancellationToken, ValueTask<HttpResponseMessage>> send, CancellationToken cancel)
    {
        try
        {
            return await _pipeline.ExecuteAsync(send, cancel);
        }
        catch (BrokenCircuitException)
        {
            throw new CloudWithheldException(Blocked);
        }
    }

    public const string Blocked = "most calls to the cloud failed, so that calls are held back for some seconds";
}

using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Retry;

namespace Fleet.Server;

/// <summary>
/// Repeats calls that failed because a node was stopping. Only for calls that may be repeated: it is not known whether
/// the first one had an effect.
/// </summary>
internal static class Failover
{
    /// <summary>A little more than it takes to replace a node that was killed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly ResiliencePipeline Again = new ResiliencePipelineBuilder { Name = "failover" }
        .ConfigureTelemetry(NullLoggerFactory.Instance) // measured, not logged: the caller reports the final result
        .AddTimeout(Patience)
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = attempt => new(attempt.Outcome.Exception is { } failure
                && TransientFailure.IsOfNode(failure, attempt.Context.CancellationToken)),
            MaxRetryAttempts = int.MaxValue, // the time-out above ends the retries
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(1),
        })
        .Build();

    /// <summary>Calls, and repeats the call while it fails for a passing reason.</summary>
    public static async Task<T> CallWithRetry<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call().WaitAsync(cancel);
        }
        catch (Exception e) when (TransientFailure.IsOfNode(e, cancel))
        {
            return await CallAgain(call, cancel);
        }
    }

    /// <summary>The same for a call that was made and has failed for a passing reason.</summary>
    public static async Task<T> CallAgain<T>(Func<Task<T>> call, CancellationToken cancel) =>
        await Again.ExecuteAsync(async token => await call().WaitAsync(token), cancel);

    /// <summary>The same for calls without a result.</summary>
    public static Task CallWithRetry(Func<Task> call, CancellationToken cancel) => CallWithRetry(async () =>
    {
        await call();
        return true;
    }, cancel);
}

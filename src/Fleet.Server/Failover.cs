using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Retry;

namespace Fleet.Server;

/// <summary>
/// Calls that met a node on its way out, made again. Only for calls that may be repeated: nobody knows what became of
/// the first one.
/// </summary>
internal static class Failover
{
    /// <summary>As long as it takes to replace a node that was killed, and a little more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly ResiliencePipeline Again = new ResiliencePipelineBuilder { Name = "failover" }
        .ConfigureTelemetry(NullLoggerFactory.Instance) // measured, not logged: whoever asked sees how it ends
        .AddTimeout(Patience)
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = attempt => new(attempt.Outcome.Exception is { } failure
                && TransientFailure.IsOfNode(failure, attempt.Context.CancellationToken)),
            MaxRetryAttempts = int.MaxValue, // the time-out above ends it
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(1),
        })
        .Build();

    /// <summary>Calls, and calls again while the reason to fail is one that passes.</summary>
    public static async Task<T> CallWithRetry<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (TransientFailure.IsOfNode(e, cancel))
        {
            return await Again.ExecuteAsync(async token => await call().WaitAsync(token), cancel);
        }
    }

    /// <summary>The same for a call without a result.</summary>
    public static Task CallWithRetry(Func<Task> call, CancellationToken cancel) => CallWithRetry(async () =>
    {
        await call();
        return true;
    }, cancel);
}

using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;

namespace Fleet.Server.Cloud;

/// <summary>The time-out and the retries around the attempts of a call, by its purpose.</summary>
internal static class CloudPipelines
{
    /// <summary>The cloud may ask for this between two attempts; when it asks for more there is no retry.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    public static void BuildPipeline(
        ResiliencePipelineBuilder<HttpResponseMessage> pipeline, CloudPurpose purpose, TimeProvider time)
    {
        var limits = CloudLimits.For(purpose);
        pipeline.TimeProvider = time;
        pipeline.ConfigureTelemetry(NullLoggerFactory.Instance); // measured; the exchange log has each attempt
        pipeline.AddTimeout(new HttpTimeoutStrategyOptions { Name = "total", Timeout = limits.Total });
        if (limits.Retries > 0) pipeline.AddRetry(BuildRetry(limits.Retries, time));
    }

    private static HttpRetryStrategyOptions BuildRetry(int retries, TimeProvider time)
    {
        var retry = new HttpRetryStrategyOptions
        {
            Name = "retry",
            MaxRetryAttempts = retries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstPause,
            MaxDelay = MaxPause,
            ShouldHandle = attempt => new(attempt.Outcome switch
            {
                { Exception: { } failure } => IsPassing(failure),
                { Result: { } answer } => IsPassing(answer, time),
                _ => false,
            }),
            DelayGenerator = attempt => new(attempt.Outcome.Result?.ReadPause(time)),
        };
        retry.DisableForUnsafeHttpMethods(); // also when a purpose is given retries by mistake
        return retry;
    }

    private static bool IsPassing(Exception failure) =>
        failure is HttpRequestException or IOException or TimeoutException or CloudUnreachableException;

    private static bool IsPassing(HttpResponseMessage answer, TimeProvider time) =>
        (answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError)
        && (answer.ReadPause(time) is not { } pause || pause <= MaxPause);
}

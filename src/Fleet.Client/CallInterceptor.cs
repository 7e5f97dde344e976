using Fleet.Protocol.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.Client;

/// <summary>
/// Gives each call its key, its merchant and its deadline, repeats what may be repeated, and turns what fails into a
/// <see cref="FleetException"/>.
/// </summary>
internal sealed class CallInterceptor(string key, FleetClientOptions options) : Interceptor
{
    private const string KeyHeader = "authorization", MerchantHeader = "fleet-merchant";

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var ask = WithIdempotencyKey(request);
        return Attempt(CallKind.Of(context.Method.FullName, ask), context.Options,
            () => Task.FromResult(continuation(ask, With(context, CallOptionsOf(ask, context.Options)))),
            context.Options.CancellationToken).GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var ask = WithIdempotencyKey(request);
        var ending = CancellationTokenSource.CreateLinkedTokenSource(context.Options.CancellationToken);
        var options = context.Options.WithCancellationToken(ending.Token);
        AsyncUnaryCall<TResponse>? last = null;
        var response = AttemptUntilEnded(CallKind.Of(context.Method.FullName, ask), context.Options,
            () => (last = continuation(ask, With(context, CallOptionsOf(ask, options)))).ResponseAsync, ending);
        return new(response, _ => HeadersAfter(response, () => Last().ResponseHeadersAsync),
            _ => Last().GetStatus(), _ => Last().GetTrailers(), _ => End(ending), response);

        AsyncUnaryCall<TResponse> Last() => last ?? throw new InvalidOperationException("The call was not sent.");
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, With(context, WithHeaders(context.Options)));
        return new(new CheckedStream<TResponse>(call.ResponseStream, CallKind.Of(context.Method.FullName, request),
                context.Options.CancellationToken),
            call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(With(context, WithHeaders(context.Options)));
        return new(call.RequestStream,
            new CheckedStream<TResponse>(call.ResponseStream, CallKind.Of(context.Method.FullName, null),
                context.Options.CancellationToken),
            call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private async Task<T> AttemptUntilEnded<T>(
        CallKind call, CallOptions given, Func<Task<T>> attempt, CancellationTokenSource ending)
    {
        using (ending) return await Attempt(call, given, attempt, ending.Token).ConfigureAwait(false);
    }

    private static void End(CancellationTokenSource ending)
    {
        try
        {
            ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call has ended already.
        }
    }

    /// <summary>Attempts a call until it is answered, or must not be repeated, or the time for that is over.</summary>
    private async Task<T> Attempt<T>(
        CallKind call, CallOptions given, Func<Task<T>> attempt, CancellationToken cancel)
    {
        var (pauses, began, mayBeDone) = (new Pauses(options.Time), options.Time.GetTimestamp(), false);
        for (var tries = 1; ; tries++)
        {
            TimeSpan pause;
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                given.CancellationToken.ThrowIfCancellationRequested();
                cancel.ThrowIfCancellationRequested();
                var failure = FleetException.Of(e, call, mayBeDone);
                mayBeDone = failure.Outcome is CallOutcome.Unknown;
                pause = pauses.Next(failure.RetryAfter);
                if (tries >= options.Tries || !MayBeRepeated(call, failure) || IsOver(given.Deadline)
                    || options.Time.GetElapsedTime(began) + pause > options.RepeatWithin) throw failure;
            }
            await Task.Delay(pause, options.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a repeat cannot do anything twice: because of what the call is, or because Fleet refused it before it
    /// looked at it, and said when to ask again.
    /// </summary>
    private static bool MayBeRepeated(CallKind call, FleetException failure) => call.MayBeRepeated
        ? failure.IsTransient
        : failure is { StatusCode: StatusCode.ResourceExhausted, RetryAfter: not null };

    private bool IsOver(DateTime? deadline) => deadline is { } end && options.Time.GetUtcNow().UtcDateTime >= end;

    /// <summary>The same request; a start without a key gets one in a copy, before its first attempt.</summary>
    private static TRequest WithIdempotencyKey<TRequest>(TRequest request) where TRequest : class
    {
        if (request is not StartRequest { IdempotencyKey: "" } start) return request;
        var copy = start.Clone();
        copy.IdempotencyKey = FleetClient.NewIdempotencyKey();
        return copy as TRequest ?? request;
    }

    private CallOptions CallOptionsOf(object request, CallOptions given) => WithHeaders(given.Deadline is null
        ? given.WithDeadline(
            (options.Time.GetUtcNow() + options.CallTimeout + CallWaits.AskedBy(request)).UtcDateTime)
        : given);

    private CallOptions WithHeaders(CallOptions given)
    {
        var headers = new Metadata();
        foreach (var header in given.Headers ?? []) headers.Add(header);
        if (headers.Get(KeyHeader) is null) headers.Add(KeyHeader, $"Bearer {key}");
        if (options.Merchant is { } merchant && headers.Get(MerchantHeader) is null)
            headers.Add(MerchantHeader, merchant);
        return given.WithHeaders(headers);
    }

    private static ClientInterceptorContext<TRequest, TResponse> With<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, CallOptions options)
        where TRequest : class where TResponse : class => new(context.Method, context.Host, options);

    private static async Task<Metadata> HeadersAfter(Task response, Func<Task<Metadata>> headers)
    {
        await response.ConfigureAwait(false);
        return await headers().ConfigureAwait(false);
    }
}

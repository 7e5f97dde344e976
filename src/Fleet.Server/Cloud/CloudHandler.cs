using System.Net;
using Fleet.Core.Cloud;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Cloud;

/// <summary>
/// One attempt of a call: waits for its turn, adds the key, reads the whole answer within bounds, and writes all of it
/// in the exchange log.
/// </summary>
internal sealed class CloudHandler(
    IExchangeLog exchanges, FleetMeter meter, TimeProvider time, ILogger<CloudHandler> log) : DelegatingHandler
{
    /// <summary>Bytes of an answer that are read; a page of the history is about a tenth of it.</summary>
    public const int MaxBody = 1024 * 1024;

    /// <summary>How long other calls wait after a 429 that names no time.</summary>
    private static readonly TimeSpan DefaultFreeze = TimeSpan.FromSeconds(2);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        var (call, attempt) = (AccountCall.Of(request), new Attempt(time));
        call.Account.AddressRequest(request);
        HttpResponseMessage? answer = null;
        var verdict = CloudFailure.None;
        var sent = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancel);
        try
        {
            CheckBreaker(call);
            await call.Account.Budget.WaitTurn(call.Limits.Priority, cancel);
            CheckBreaker(call);
            answer = await call.Account.Breaker.Send(
                async token => await SendOnce(request, call, attempt, token), cancel);
            SlowDown(call, answer);
            return answer;
        }
        catch (Exception e)
        {
            verdict = CloudFailures.Sort(e, attempt.IsBegun);
            throw;
        }
        finally
        {
            NoteExchange(call, attempt, answer, verdict);
            await LogExchange(request, call, attempt, sent, answer, verdict);
        }
    }

    /// <summary>
    /// Measures an attempt, and notes what it says about the cloud: nothing, if it was withheld or the caller left.
    /// </summary>
    private void NoteExchange(AccountCall call, Attempt attempt, HttpResponseMessage? answer, CloudFailure verdict)
    {
        if (call.IsAbandoned) return;
        var status = (int?)answer?.StatusCode;
        meter.MeasureCloudCall(call.Operation, CloudMeasures.ResultOf(status, verdict), attempt.Elapsed);
        if (verdict is not CloudFailure.Withheld)
            call.Account.NoteCall(TroubleRules.IsTrouble(status, verdict.ToTransportFailure()));
    }

    /// <summary>
    /// A blocked key sends nothing, nor does one that was replaced. And a payment is never the probe: it is started
    /// only when the cloud works.
    /// </summary>
    private static void CheckBreaker(AccountCall call)
    {
        if (call.Account.IsClosed) throw new CloudWithheldException("the merchant's key was replaced meanwhile");
        var breaker = call.Account.Breaker;
        if (breaker.IsBlocking || (call.Purpose is CloudPurpose.Create && !breaker.IsClosed))
            throw new CloudWithheldException(CloudBreaker.Blocked);
    }

    private async Task<HttpResponseMessage> SendOnce(
        HttpRequestMessage request, AccountCall call, Attempt attempt, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(call.Limits.Attempt, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, over.Token);
        call.Account.Key.Authorize(request);
        attempt.Begin();
        call.IsBegun = true;
        try
        {
            var answer = await base.SendAsync(request, either.Token);
            return await ReadBody(answer, either.Token);
        }
        catch (OperationCanceledException e) when (!call.IsAbandoned)
        {
            // The connection's own time-out is the only other source of this exception, and it has this mark.
            if (!either.IsCancellationRequested && e.InnerException is TimeoutException)
                throw new CloudUnreachableException("SumUp's cloud took no connection in time.", e);
            throw new TimeoutException("SumUp's cloud did not answer in time.", e);
        }
        finally
        {
            request.Headers.Authorization = null; // an exception may keep the request
        }
    }

    /// <summary>Replaces the body by its bytes, so that reading it later takes no time and cannot fail.</summary>
    private static async Task<HttpResponseMessage> ReadBody(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            using var body = answer.Content;
            if (body.Headers.ContentLength > MaxBody) throw new CloudAnswerTooLargeException();
            using var bytes = new MemoryStream();
            await using var stream = await body.ReadAsStreamAsync(cancel);
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer, cancel) is var read and > 0)
            {
                if (bytes.Length + read > MaxBody) throw new CloudAnswerTooLargeException();
                bytes.Write(buffer, 0, read);
            }
            answer.Content = new ByteArrayContent(bytes.ToArray());
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private void SlowDown(AccountCall call, HttpResponseMessage answer)
    {
        if (answer.StatusCode is not HttpStatusCode.TooManyRequests) return;
        var pause = answer.ReadPause(time) ?? DefaultFreeze;
        call.Account.Budget.Freeze(pause);
        log.AccountSlowed(call.Account.MerchantCode, pause.TotalSeconds);
    }

    private async Task LogExchange(
        HttpRequestMessage request, AccountCall call, Attempt attempt, string? sent, HttpResponseMessage? answer,
        CloudFailure verdict)
    {
        var key = call.Account.Key;
        var received = answer is null ? null : await answer.Content.ReadAsStringAsync(CancellationToken.None);
        if (call.Passcode is { } passcode) received = received?.Replace(passcode, "****", StringComparison.Ordinal);
        exchanges.AddExchange(new(
            Guid.CreateVersion7(attempt.At), attempt.At, call.Account.MerchantCode, call.Operation,
            request.Method.Method, ExchangeRedaction.RedactPath(request.RequestUri, key),
            (int?)answer?.StatusCode, attempt.ElapsedMs, ExchangeRedaction.RedactBody(sent, key),
            ExchangeRedaction.RedactBody(received, key), verdict, call.CheckoutId, call.ReaderId));
    }

    /// <summary>When an attempt was sent, and how long it took.</summary>
    private sealed class Attempt(TimeProvider time)
    {
        private long? _began;

        public DateTimeOffset At { get; private set; } = time.Now();

        public bool IsBegun => _began is not null;

        public TimeSpan Elapsed => _began is { } began ? time.GetElapsedTime(began) : TimeSpan.Zero;

        public int ElapsedMs => (int)Elapsed.TotalMilliseconds;

        public void Begin() => (At, _began) = (time.Now(), time.GetTimestamp());
    }
}

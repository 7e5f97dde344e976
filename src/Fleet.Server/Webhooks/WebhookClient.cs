using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fleet.Core.Webhooks;
using Fleet.Server.Access;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Webhooks;

/// <summary>The parts of a receiver's answer that are used.</summary>
/// <param name="Status">The status code.</param>
/// <param name="RetryAfter">The time that the receiver asks to wait.</param>
internal readonly record struct WebhookAnswer(HttpStatusCode Status, TimeSpan? RetryAfter)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The receiver wants no more events.</summary>
    public bool IsGone => Status is HttpStatusCode.Gone;
}

/// <summary>
/// Sends one event once. It follows no redirects, keeps no cookies, decompresses nothing, uses no proxy, and reads only
/// the status line and the headers.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    /// <summary>Kilobytes of headers that are read.</summary>
    private const int MaxHeadersKb = 16;

    /// <summary>Bytes of a body that are read and ignored, so that the connection can be used again.</summary>
    private const int MaxDrain = 16 * 1024;

    /// <summary>
    /// Load balancers before receivers close idle connections, many of them after a minute; an attempt on such a
    /// connection would fail.
    /// </summary>
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30), MaxConnection = TimeSpan.FromMinutes(5);

    private static readonly ProductInfoHeaderValue Agent = new("Fleet-Webhooks", "1");

    private readonly HttpMessageInvoker _http;
    private readonly WebhookSecrets _secrets;
    private readonly IReadOnlyList<string> _operator; // the secrets of events to the operator
    private readonly TimeProvider _time;

    public WebhookClient(IOptions<FleetOptions> options, WebhookSecrets secrets, TimeProvider time)
    {
        (_secrets, _time) = (secrets, time);
        _operator = options.Value.Incidents.WebhookSecret is { } own ? [own] : [];
        var guard = new EgressGuard(options.Value.Webhooks.ToEgressRules());
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            MaxResponseHeadersLength = MaxHeadersKb,
            MaxResponseDrainSize = MaxDrain,
            PooledConnectionIdleTimeout = MaxIdle,
            PooledConnectionLifetime = MaxConnection,
            SslOptions = { CertificateChainPolicy = BuildChainPolicy() },
            ConnectCallback = (context, cancel) => guard.ConnectHost(context.DnsEndPoint, cancel),
        });
    }

    /// <exception cref="HttpRequestException">It could not be sent, or the answer was not HTTP.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async Task<WebhookAnswer> SendEvent(WebhookEvent told, CancellationToken cancel)
    {
        using var request = BuildRequest(told, _time.GetUtcNow());
        using var response = await _http.SendAsync(request, cancel);
        return new(response.StatusCode, response.ReadRetryAfter(_time));
    }

    /// <summary>Why there is no answer, in words for the operator of the receiver.</summary>
    public static string ProblemOf(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "not sent: the name of the receiver cannot be looked up",
        HttpRequestError.ConnectionError => "not sent: the receiver takes no connection",
        HttpRequestError.SecureConnectionError => "not sent: the receiver's certificate or TLS is not accepted",
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError =>
            "the receiver's answer is not valid HTTP",
        HttpRequestError.ConfigurationLimitExceeded =>
            $"the headers of the receiver's answer are larger than {MaxHeadersKb} KB",
        HttpRequestError.ResponseEnded => "the receiver closed without an answer",
        _ when failure.InnerException is IOException => "the receiver closed without an answer", // it was reset
        var other => $"no answer: {other}",
    };

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// The default policy, but using only certificates that the receiver sends: a certificate may name a URL of its
    /// issuer, and .NET would load that without the guard.
    /// </summary>
    private static X509ChainPolicy BuildChainPolicy() =>
        new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };

    private HttpRequestMessage BuildRequest(WebhookEvent told, DateTimeOffset now)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(told.Url))
        {
            Content = new StringContent(told.Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.UserAgent.Add(Agent);
        request.Headers.Add(WebhookSignature.IdHeader, told.Id.ToString());
        request.Headers.Add(WebhookSignature.TimeHeader, $"{now.ToUnixTimeSeconds()}");
        var secrets = told.MerchantCode == WebhookEvent.Operator ? _operator : _secrets.FindSecrets(told.MerchantCode);
        if (secrets.Count > 0)
        {
            var signature = WebhookSignature.SignBody(told.Id.ToString(), now, told.Body, secrets);
            request.Headers.Add(WebhookSignature.SignatureHeader, signature);
        }
        return request;
    }
}

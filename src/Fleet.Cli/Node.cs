using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Core;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The connection to a node of Fleet.</summary>
internal sealed class Node : IDisposable
{
    /// <summary>The largest answer of REST that is read.</summary>
    private const int MaxAnswerBytes = 16 * 1024 * 1024;

    /// <summary>How often a silent connection is pinged, and how long the answer to the ping may take.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15), KeepAliveAnswer = TimeSpan.FromSeconds(10);

    private readonly Settings _settings;
    private readonly GrpcChannel _channel;
    private readonly Metadata _headers;
    private readonly Lazy<HttpClient> _rest;

    public Node(Settings settings)
    {
        _settings = settings;
        _channel = GrpcChannel.ForAddress(
            settings.Url, new() { HttpHandler = CreateHandler(), DisposeHttpClient = true });
        // REST is answered at this address, too, when it is asked with HTTP/2. It has a handler of its own, because the
        // channel changes how its handler connects.
        _rest = new(() => new(CreateHandler())
        {
            BaseAddress = settings.Url, MaxResponseContentBufferSize = MaxAnswerBytes,
            Timeout = Timeout.InfiniteTimeSpan, // each call has its own
        });
        _headers = new() { { "authorization", $"Bearer {settings.Key}" } };
        if (settings.Merchant is { } merchant) _headers.Add(Reach.MerchantHeader, merchant);
    }

    /// <summary>The certificate that the node sent when TLS began; null before that, and without TLS.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>
    /// Sends a request to REST, which alone has transactions, refunds and receipts. The answer must be complete within
    /// the time of one call, or it is a stream, whose first event may come late.
    /// </summary>
    public async Task<HttpResponseMessage> SendRest(HttpRequestMessage ask, bool stream, CancellationToken cancel)
    {
        (ask.Version, ask.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        foreach (var header in _headers) ask.Headers.Add(header.Key, header.Value);
        if (stream) return await _rest.Value.SendAsync(ask, HttpCompletionOption.ResponseHeadersRead, cancel);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(_settings.Timeout);
        return await _rest.Value.SendAsync(ask, end.Token);
    }

    public Proto.Checkouts.CheckoutsClient Checkouts => new(_channel);

    public Proto.Readers.ReadersClient Readers => new(_channel);

    public Proto.Stores.StoresClient Stores => new(_channel);

    public Proto.Settings.SettingsClient ReaderSettings => new(_channel);

    public Proto.FleetStatus.FleetStatusClient Status => new(_channel);

    public Proto.Keys.KeysClient Keys => new(_channel);

    public Proto.Audit.AuditClient Audit => new(_channel);

    public Proto.Webhooks.WebhooksClient Webhooks => new(_channel);

    public Proto.Merchants.MerchantsClient Merchants => new(_channel);

    public Proto.Totals.TotalsClient Totals => new(_channel);

    public Proto.Retention.RetentionClient Retention => new(_channel);

    public Proto.Reconciliation.ReconciliationClient Reconciliation => new(_channel);

    public Proto.Devices.DevicesClient Devices => new(_channel);

    public Proto.Incidents.IncidentsClient Incidents => new(_channel);

    public Proto.TestReaders.TestReadersClient Tests => new(_channel);

    public Health.HealthClient Health => new(_channel);

    /// <summary>Options of a call that is answered at once, or <paramref name="more"/> later than usual.</summary>
    public CallOptions WithDeadline(CancellationToken cancel, TimeSpan more = default) =>
        new(_headers, (TimeProvider.System.GetUtcNow() + _settings.Timeout + more).UtcDateTime, cancel);

    /// <summary>The same for a call about the whole chain, for which a merchant that is named does not count.</summary>
    public CallOptions ForChain(CancellationToken cancel) => WithDeadline(cancel).WithHeaders([_headers[0]]);

    /// <summary>The same for a merchant that a key of the whole chain names.</summary>
    public CallOptions ForMerchant(string code, CancellationToken cancel)
    {
        var headers = new Metadata { _headers[0], new(Reach.MerchantHeader, code) };
        return WithDeadline(cancel).WithHeaders(headers);
    }

    /// <summary>Options of a call that lasts until it is cancelled.</summary>
    public CallOptions WithoutDeadline(CancellationToken cancel) => new(_headers, cancellationToken: cancel);

    public void Dispose()
    {
        if (_rest.IsValueCreated) _rest.Value.Dispose();
        _channel.Dispose();
        Certificate?.Dispose();
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = _settings.Timeout,
            UseProxy = false,
            KeepAlivePingDelay = KeepAlive,
            KeepAlivePingTimeout = KeepAliveAnswer,
            SslOptions = TlsOf(_settings),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            Certificate = certificate as X509Certificate2;
            return errors is SslPolicyErrors.None;
        };
        return handler;
    }

    private static SslClientAuthenticationOptions TlsOf(Settings settings)
    {
        var tls = new SslClientAuthenticationOptions();
        try
        {
            if (settings.Ca is { } ca)
            {
                tls.CertificateChainPolicy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
                };
                tls.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(ca);
            }
            if (settings.Certificate is { } own)
                tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(own, settings.CertificateKey)];
            return tls;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            throw Failure.WrongUsage($"The certificates cannot be read: {e.Message}",
                "--ca, --cert and --cert-key must name PEM files.");
        }
    }
}

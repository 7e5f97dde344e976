using System.ComponentModel.DataAnnotations;
using System.Net;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Retention;

namespace Fleet.Server.Settings;

/// <summary>
/// Settings of a node: section <c>Fleet</c> of the configuration, or <c>--data</c>, <c>--sandbox</c> and the like.
/// </summary>
public sealed class FleetOptions : IValidatableObject
{
    private const int SealingKeyBytes = 32;

    /// <summary>Where data is saved. Default SQLite, for one node; several nodes share PostgreSQL.</summary>
    public StorageKind Storage { get; set; } = StorageKind.Sqlite;

    /// <summary>Connection string of the PostgreSQL database, for example <c>Host=db;Database=fleet</c>.</summary>
    public string? Postgres { get; set; }

    /// <summary>
    /// Seconds that a node that starts waits for PostgreSQL, 0 to 3600. Default 60; a wrong password and a database
    /// that is missing end the start at once.
    /// </summary>
    [Range(0, 3600)]
    public int PostgresWaitSeconds { get; set; } = 60;

    /// <summary>
    /// Folder of the SQLite databases and of the journals of sandbox and test readers, created when missing. Default
    /// <c>./data</c>.
    /// </summary>
    [Required]
    public string Data { get; set; } = "./data";

    /// <summary>
    /// Whether the sandbox merchant, its well-known key and six virtual readers exist. Default true; the key is
    /// accepted only while every address on which the node listens is a loopback address.
    /// </summary>
    public bool Sandbox { get; set; } = true;

    /// <summary>
    /// Whether the sandbox's virtual readers run on this node. Default true; in a cluster give them to one node.
    /// </summary>
    public bool SandboxReaders { get; set; } = true;

    /// <summary>
    /// Keeps a reader's slot closed for the whole 60 seconds after an acceptance, even if the checkout is final
    /// earlier. Default false.
    /// </summary>
    public bool StrictSixtySeconds { get; set; }

    /// <summary>
    /// Name or IP address at which the other nodes of a cluster reach this one's silo. Default 127.0.0.1.
    /// </summary>
    [Required]
    public string SiloAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of the silo, 1 to 65535. Default 11111.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>
    /// PEM file of the certificate that this node shows to the others of its cluster, followed by the intermediate
    /// certificates. Default none: nodes talk without TLS.
    /// </summary>
    public string? SiloCertificate { get; set; }

    /// <summary>PEM file of that certificate's key; may be the same file.</summary>
    public string? SiloCertificateKey { get; set; }

    /// <summary>PEM file of the authorities that must have issued the certificates of all nodes.</summary>
    public string? SiloAuthority { get; set; }

    /// <summary>DNS name that the certificates of all nodes have. Default <c>fleet-silo</c>.</summary>
    [Required]
    public string SiloCertificateName { get; set; } = "fleet-silo";

    /// <summary>
    /// PEM file of the certificate that tills and devices see at addresses that begin with https, followed by the
    /// intermediate certificates. Default none.
    /// </summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file of that certificate's key; may be the same file.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>
    /// PEM file of the authorities that must have issued the certificates of devices; needs <see cref="Certificate"/>.
    /// Default none: devices need no certificate. Tills never do.
    /// </summary>
    public string? DeviceAuthority { get; set; }

    /// <summary>
    /// The only address at which the administration is answered: what needs scope <c>admin</c>, the description of the
    /// API, and the console if it is public. It must differ from the other addresses; over HTTP/2, and with https over
    /// HTTP/1.1 too. Default none: at all addresses of the API.
    /// </summary>
    [Url]
    public string? AdminUrl { get; set; }

    /// <summary>
    /// Where gRPC is answered, over HTTP/2. It must differ from the other addresses; with TLS if it begins with https.
    /// Default <c>http://127.0.0.1:8081</c>.
    /// </summary>
    [Required, Url]
    public string GrpcUrl { get; set; } = "http://127.0.0.1:8081";

    /// <summary>PEM file of the certificate for TLS, followed by the intermediate certificates.</summary>
    public string? GrpcCertificate { get; set; }

    /// <summary>PEM file of the certificate's key; may be the same file.</summary>
    public string? GrpcCertificateKey { get; set; }

    /// <summary>
    /// PEM file of the authorities that must have issued the callers' certificates. Default none: callers need no
    /// certificate.
    /// </summary>
    public string? GrpcClientCa { get; set; }

    /// <summary>
    /// Where operators read health and metrics. It must differ from the other addresses, and only operators should
    /// reach it. Default <c>http://127.0.0.1:9090</c>; empty for none.
    /// </summary>
    public string OperationsUrl { get; set; } = "http://127.0.0.1:9090";

    /// <summary>
    /// Whether Orleans' dashboard is shown at <c>/dashboard</c> of <see cref="OperationsUrl"/>, to keys of the whole
    /// chain with scope <c>admin</c>. Default false.
    /// </summary>
    public bool Dashboard { get; set; }

    /// <summary>
    /// At which addresses people see the console, at <c>/console</c>: <c>operations</c> for
    /// <see cref="OperationsUrl"/>, <c>public</c> for those of the API, or <c>off</c>. Default operations.
    /// </summary>
    public ConsolePlace Console { get; set; } = ConsolePlace.Operations;

    /// <summary>Whether the node measures and traces its work. Default true.</summary>
    public bool Telemetry { get; set; } = true;

    /// <summary>
    /// The share of requests that are traced when the caller's trace does not decide it, 0 to 1. Default 0.1. Traces
    /// are sent only if <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
    /// </summary>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; set; } = 0.1;

    /// <summary>
    /// Encrypts the key ring in the database, with which nodes seal merchants' API keys and passcodes of readers:
    /// Base64 of 32 bytes, the same on all nodes. Default none: who reads the database can open them.
    /// </summary>
    public string? SealingKey { get; set; }

    /// <summary>
    /// While <see cref="SealingKey"/> is changed: the one before. A node that starts encrypts the ring with the new
    /// one.
    /// </summary>
    public string? SealingKeyBefore { get; set; }

    /// <summary>Seconds between pings on a link, 1 to 3600. Default 10; a device that misses two is offline.</summary>
    [Range(1, 3600)]
    public int PingSeconds { get; set; } = 10;

    /// <summary>
    /// Connections of devices at this node that have not proved to be a reader, 10 to 100,000. When there are more, the
    /// oldest one of the address that has most is closed. Default 1,000.
    /// </summary>
    [Range(10, 100_000)]
    public int UnpairedConnections { get; set; } = 1_000;

    /// <summary>
    /// The same for one address, or one network of IPv6, 1 to 100,000; connections from a loopback address are not
    /// counted. Default 200.
    /// </summary>
    [Range(1, 100_000)]
    public int UnpairedPerAddress { get; set; } = 200;

    /// <summary>This node's name in the ledger, in logs and in the cluster.</summary>
    internal string Node => $"{Environment.MachineName}:{SiloPort}";

    /// <summary>
    /// Seconds that a stopping node still serves requests after it reports that it is not ready, so that proxies
    /// notice; 0 to 60. Default 0.
    /// </summary>
    [Range(0, 60)]
    public int UnreadySeconds { get; set; }

    /// <summary>
    /// Seconds by which the clocks of this machine, of this node and of its database may differ, 1 to 3600; with a
    /// larger difference the node reports that it is not ready. On SQLite: by how much the machine's clock may have
    /// been set back. Default 30.
    /// </summary>
    [Range(1, 3600)]
    public int ClockLimitSeconds { get; set; } = 30;

    /// <summary>
    /// Requests per second that each key may make on this node, twice as many in a burst; 0 for any number, at most
    /// 100,000. Default 500. A key can have its own number.
    /// </summary>
    [Range(0, KeyLimits.MaxRequestsPerSecond)]
    public int RequestsPerSecond { get; set; } = 500;

    /// <summary>
    /// Addresses or networks of the proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c>, <c>-Host</c> and
    /// <c>-Prefix</c> are trusted, for example <c>10.1.0.7</c> or <c>10.1.0.0/16</c>. Default none.
    /// </summary>
    public List<string> TrustedProxies { get; } = [];

    /// <summary>Web pages that may call the tills' APIs.</summary>
    public CorsOptions Cors { get; } = new();

    /// <summary>Keys of the whole chain. They can make other keys.</summary>
    public List<KeyOptions> Keys { get; } = [];

    /// <summary>Tokens that are accepted like keys.</summary>
    public JwtOptions Jwt { get; } = new();

    /// <summary>The merchants of this installation, beside the sandbox one.</summary>
    public List<MerchantOptions> Merchants { get; } = [];

    /// <summary>What is sent to a checkout's <c>return_url</c>.</summary>
    public WebhookOptions Webhooks { get; } = new();

    /// <summary>How the operator is told of incidents.</summary>
    public IncidentOptions Incidents { get; } = new();

    /// <summary>The calls to SumUp's cloud.</summary>
    public CloudOptions Cloud { get; } = new();

    /// <summary>What is exported before it is removed.</summary>
    public RetentionOptions Retention { get; } = new();

    /// <summary>The payment that proves the whole road.</summary>
    public CanaryOptions Canary { get; } = new();

    /// <summary>
    /// File whose time is the time of the last good backup; the program that makes backups touches it. Default none.
    /// </summary>
    public string? BackupMarker { get; set; }

    /// <summary>Days that a kind is kept; null for ever.</summary>
    internal int? DaysOf(RetentionKind kind) => kind switch
    {
        RetentionKind.Checkouts => Retention.CheckoutDays,
        RetentionKind.DeliveredEvents => Webhooks.DeliveredDays,
        RetentionKind.DeadEvents => Webhooks.DeadDays,
        RetentionKind.Exchanges => Cloud.ExchangeDays,
        RetentionKind.Audit => Retention.AuditDays,
        RetentionKind.Incidents => Incidents.ResolvedDays,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ValidationException">
    /// A setting is wrong or does not exist; the message names it and its rule.
    /// </exception>
    public static FleetOptions FromConfiguration(IConfiguration configuration)
    {
        var section = configuration.GetSection("Fleet");
        SettingNames.Check(section);
        var options = section.Get<FleetOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new();
        CheckSection(options, "Fleet");
        CheckSection(options.Webhooks, "Fleet:Webhooks");
        CheckSection(options.Incidents, "Fleet:Incidents");
        CheckSection(options.Cloud, "Fleet:Cloud");
        CheckSection(options.Retention, "Fleet:Retention");
        CheckSection(options.Jwt, "Fleet:Jwt");
        CheckSection(options.Canary, "Fleet:Canary");
        CheckKeys(options.Keys, "Fleet:Keys");
        MerchantOptions.CheckTwice(options);
        foreach (var (merchant, i) in options.Merchants.Select((merchant, i) => (merchant, i)))
        {
            CheckSection(merchant, $"Fleet:Merchants:{i}");
            CheckSection(merchant.SumUp, $"Fleet:Merchants:{i}:SumUp");
            CheckKeys(merchant.Keys, $"Fleet:Merchants:{i}:Keys");
            var fields = new FieldCheck();
            fields.CheckUrl("ReturnUrl", merchant.ReturnUrl,
                new(merchant.Sandbox) { Egress = options.Webhooks.ToEgressRules() });
            foreach (var (field, why) in fields.Errors)
                throw new ValidationException($"Fleet:Merchants:{i}: The field {field} {why}.");
        }
        return options;
    }

    /// <summary>Checks rules that are about several settings together.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Storage is StorageKind.Postgres && string.IsNullOrWhiteSpace(Postgres))
            yield return new("With Storage = postgres the field Postgres must be a connection string.");
        if (Storage is not StorageKind.Postgres && Postgres is not null)
            yield return new("The field Postgres is set, but Storage is not postgres.");
        if (Jwt.Authority is { } authority && Uri.TryCreate(authority, UriKind.Absolute, out var provider)
            && provider.Scheme != Uri.UriSchemeHttps && !(Sandbox && provider.IsLoopback))
            yield return new("The field Jwt:Authority must begin with https.");
        if (OperationsUrl.Length > 0 && !new UrlAttribute().IsValid(OperationsUrl))
            yield return new("The field OperationsUrl must be an http or https URL, or empty.");
        if (Dashboard && OperationsUrl.Length == 0)
            yield return new("The field Dashboard is set, but OperationsUrl is empty.");
        if (new[] { SealingKey, SealingKeyBefore }.Any(key => key is not null && !IsSealingKey(key)))
            yield return new("The fields SealingKey and SealingKeyBefore must be Base64 of 32 bytes.");
        if (SealingKeyBefore is not null && SealingKey is null)
            yield return new("The field SealingKeyBefore is set, but SealingKey is not.");
        foreach (var wrong in TlsSettings.Check(this)) yield return wrong;
        if (Merchants.Find(one => one.Code == Canary.Merchant) is { Sandbox: false })
            yield return new("The field Canary:Merchant must be a sandbox merchant.");
        foreach (var proxy in TrustedProxies.Where(proxy => !TryReadNetwork(proxy, out _)))
            yield return new(
                $"The field TrustedProxies has {proxy}, which is no address, nor a network like 10.1.0.0/16.");
        if (CorsOptions.FirstWrong(Cors.Origins) is { } origin)
            yield return new($"The field Cors:Origins has {origin}, which is not an origin like https://till.example.");
        foreach (var (i, merchant) in Merchants.Index())
            if (merchant.SumUp.BaseUrl is { } url && LinkFields.FindWrongUrl(url, Cloud.TestBase) is { } why)
                yield return new($"The field Merchants:{i}:SumUp:BaseUrl {why}.");
    }

    /// <summary>Reads a network; an address is a network of one.</summary>
    internal static bool TryReadNetwork(string text, out IPNetwork network)
    {
        var isWhole = text.Contains(':', StringComparison.Ordinal) || text.Count(sign => sign == '.') == 3; // not "10"
        if (!isWhole || !IPAddress.TryParse(text, out var one)) return IPNetwork.TryParse(text, out network);
        network = new(one, one.GetAddressBytes().Length * 8);
        return true;
    }

    private static bool IsSealingKey(string text)
    {
        Span<byte> key = stackalloc byte[SealingKeyBytes];
        return Convert.TryFromBase64String(text, key, out var bytes) && bytes == SealingKeyBytes;
    }

    private static void CheckKeys(List<KeyOptions> keys, string section)
    {
        foreach (var (i, key) in keys.Index()) CheckSection(key, $"{section}:{i}");
    }

    private static void CheckSection(object settings, string section)
    {
        var wrong = new List<ValidationResult>();
        if (Validator.TryValidateObject(settings, new(settings), wrong, validateAllProperties: true)) return;
        throw new ValidationException(string.Join(' ', wrong.Select(one => $"{section}: {one.ErrorMessage}")));
    }
}

/// <summary>The databases that Fleet supports.</summary>
public enum StorageKind
{
    /// <summary>Two files in the data folder, one node.</summary>
    Sqlite,

    /// <summary>One database, any number of nodes.</summary>
    Postgres,
}

/// <summary>Where the console is.</summary>
public enum ConsolePlace
{
    /// <summary>At the address for operators.</summary>
    Operations,

    /// <summary>At the addresses of the API.</summary>
    Public,

    /// <summary>Nowhere.</summary>
    Off,
}

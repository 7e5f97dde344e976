using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Console;
using Fleet.Server.Console.Access;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fleet.Server.Hosting;

/// <summary>
/// What a node says of itself when it has started: its version, where it stores and where it listens.
/// </summary>
internal sealed class StartReport(
    IServer server, MerchantDirectory merchants, IClusterMembershipService cluster, OneTimeSignIn console,
    IOptions<FleetOptions> options, IHostApplicationLifetime life, TextWriter output) : BackgroundService
{
    /// <summary>How many merchants are named; the others are counted.</summary>
    private const int NamedMerchants = 5;

    private FleetOptions Settings => options.Value;

    /// <summary>
    /// The addresses at which the node listens: those of the API, gRPC's, the administration's if it has its own, that
    /// of operators.
    /// </summary>
    public IReadOnlyList<Uri> Addresses => [.. (server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        .Select(address => new UriBuilder(BindingAddress.Parse(address).ToString()).Uri)];

    /// <summary>Where gRPC is answered: after the addresses of the API.</summary>
    public Uri Grpc => Addresses[^Others];

    /// <summary>Where the administration is answered.</summary>
    private Uri Admin => Settings.AdminUrl is null ? Addresses[0] : Addresses[^(Others - 1)];

    private bool HasOperations => Settings.OperationsUrl.Length > 0;

    /// <summary>How many addresses come after those of the API.</summary>
    private int Others => 1 + (Settings.AdminUrl is null ? 0 : 1) + (HasOperations ? 1 : 0);

    /// <summary>A few lines for people.</summary>
    public string Describe()
    {
        var (all, codes) = (Addresses, merchants.Codes.Order(StringComparer.Ordinal).ToArray());
        var tills = all.SkipLast(Others).ToArray();
        var more = codes.Length > NamedMerchants ? " …" : "";
        return $"""

            Fleet is ready.
              Version        {ProgramVersion.Text}
              Storage        {DescribeStorage()}
              Cloud API      {string.Join(' ', tills.AsEnumerable())}   (described at {new Uri(Admin, "docs")})
              gRPC           {Grpc}   (for the command line)
              Operations     {(HasOperations ? $"{all[^1]}   (health and metrics)" : "none")}
              Console        {DescribeConsole()}
              Cluster        {DescribeCluster()}
              Merchants      {codes.Length}: {string.Join(", ", codes.Take(NamedMerchants))}{more}

            """;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Settings is { Sandbox: true, SandboxReaders: true } || !await life.WaitForStart(stoppingToken)) return;
        await output.WriteAsync((Describe() + DescribeKey()).AsMemory(), stoppingToken);
        await output.FlushAsync(stoppingToken);
    }

    /// <summary>The key of the sandbox, or why it is refused; nothing on a live node.</summary>
    public string DescribeKey() => !Settings.Sandbox ? ""
        : merchants.TakesSandboxKey ? $"  Sandbox        merchant {SandboxMerchant.Code}, key {SandboxMerchant.Key}\n"
        : "  Sandbox        its key is refused, because an address is not a loopback address\n";

    private string DescribeCluster()
    {
        var nodes = cluster.CurrentSnapshot.ActiveNodes().Count();
        var tls = Settings.SiloCertificate is null ? "without TLS" : "over TLS";
        return $"{(nodes == 1 ? "1 node" : $"{nodes} nodes")}, this one is {Settings.SiloAddress}:{Settings.SiloPort}"
            + $" ({tls})";
    }

    private string DescribeStorage()
    {
        if (Settings.Storage is StorageKind.Sqlite)
            return $"SQLite in {Settings.Data}, schema {SchemaScripts.ListScripts("ledger").Count}";
        var database = new NpgsqlConnectionStringBuilder(Settings.Postgres);
        return $"PostgreSQL {database.Database} on {database.Host}, schema {SchemaScripts.ListScripts("fleet").Count}";
    }

    /// <summary>Where people see the console; in the sandbox the address signs in, once.</summary>
    private string DescribeConsole()
    {
        var at = Settings.Console switch
        {
            ConsolePlace.Public => Admin,
            ConsolePlace.Operations when HasOperations => Addresses[^1],
            _ => null,
        };
        if (at is null) return "off";
        return console.Word is { } word
            ? $"{new Uri(at, $"{PageRequest.Root}/enter{QueryString.Create("once", word)}")}   (signs in once)"
            : $"{new Uri(at, PageRequest.Root)}";
    }
}

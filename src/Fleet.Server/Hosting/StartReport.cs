using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Console;
using Fleet.Server.Console.Access;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fleet.Server.Hosting;

/// <summary>
/// What a node says of itself when it has started: its version, where it stores and where it listens.
/// </summary>
internal sealed class StartReport(
    NodeAddresses addresses, MerchantDirectory merchants, IClusterMembershipService cluster, OneTimeSignIn console,
    SchemaVersion schema, IOptions<FleetOptions> options, IHostApplicationLifetime life, TextWriter output)
    : BackgroundService
{
    /// <summary>How many merchants are named; the others are counted.</summary>
    private const int NamedMerchants = 5;

    private FleetOptions Settings => options.Value;

    /// <summary>A few lines for people.</summary>
    private string Describe()
    {
        var (tills, codes) = (addresses.Tills, merchants.Codes.Order(StringComparer.Ordinal).ToArray());
        var described = $"{new Uri(addresses.Admin, "docs")}{OfBrowsers(addresses.Admin)}";
        var more = codes.Length > NamedMerchants ? " …" : "";
        return $"""

            Fleet is ready.
              Version        {ProgramVersion.Text}
              Storage        {DescribeStorage()}
              Cloud API      {string.Join(' ', tills)}   (described at {described})
              gRPC           {addresses.Grpc}   (for the command line)
              Operations     {(addresses.Operations is { } at ? $"{at}   (health and metrics)" : "none")}
              Console        {DescribeConsole()}
              Cluster        {DescribeCluster()}
              Merchants      {codes.Length}: {string.Join(", ", codes.Take(NamedMerchants))}{more}

            """;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await life.WaitForStart(stoppingToken)) return;
        await output.WriteAsync($"{Describe()}{DescribeKey()}\n".AsMemory(), stoppingToken);
        await output.FlushAsync(stoppingToken);
    }

    /// <summary>The key of the sandbox, or why it is refused; nothing on a live node.</summary>
    private string DescribeKey() => !Settings.Sandbox ? ""
        : merchants.TakesSandboxKey ? $"  Sandbox        merchant {SandboxMerchant.Code}, key {SandboxMerchant.Key}\n"
        : $"  Sandbox        its key is refused: other machines may reach {merchants.OpenAddress}\n";

    private string DescribeCluster()
    {
        var nodes = cluster.CurrentSnapshot.ActiveNodes().Count();
        var tls = Settings.SiloCertificate is null ? "without TLS" : "over TLS";
        return $"{(nodes == 1 ? "1 node" : $"{nodes} nodes")}, this one is {Settings.SiloAddress}:{Settings.SiloPort}"
            + $" ({tls})";
    }

    private string DescribeStorage()
    {
        if (Settings.Storage is StorageKind.Sqlite) return $"SQLite in {Settings.Data}, {schema.Describe()}";
        var database = new NpgsqlConnectionStringBuilder(Settings.Postgres);
        return $"PostgreSQL {database.Database} on {database.Host}, {schema.Describe()}";
    }

    /// <summary>Where people see the console; in the sandbox the address signs in, once.</summary>
    private string DescribeConsole()
    {
        var at = Settings.Console switch
        {
            ConsolePlace.Public => addresses.Admin,
            ConsolePlace.Operations => addresses.Operations,
            _ => null,
        };
        if (at is null) return "off";
        return (console.Word is { } word
            ? $"{new Uri(at, $"{PageRequest.Root}/enter{QueryString.Create("once", word)}")}   (signs in once)"
            : $"{new Uri(at, PageRequest.Root)}") + OfBrowsers(at);
    }

    /// <summary>What to add to an address for browsers: without TLS that of the administration is none.</summary>
    private string OfBrowsers(Uri at) =>
        at == addresses.Admin && Settings.AdminUrl is not null && at.Scheme == Uri.UriSchemeHttp
            ? "; a browser opens it only if AdminUrl begins with https"
            : "";
}

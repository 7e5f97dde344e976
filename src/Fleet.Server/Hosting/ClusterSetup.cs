using System.Data.Common;
using Fleet.Server.Settings;
using Orleans.Configuration;
using Orleans.Serialization;

#pragma warning disable ORLEANSEXP003 // the directory is experimental by its tag only; Orleans' own tests run on it

namespace Fleet.Server.Hosting;

internal static class ClusterSetup
{
    /// <summary>The cluster's name in its database: one database is one cluster.</summary>
    private const string Name = "fleet";

    /// <summary>No client outside a silo speaks Orleans here.</summary>
    private const int NoGateway = 0;

    /// <summary>
    /// Calls waiting for one grain, beyond which the next is refused: more than a big store has readers, which may all
    /// have news at once.
    /// </summary>
    private const int MaxWaitingCalls = 1_000;

    /// <summary>How long a grain call may take before its outcome is unknown.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>One node, which knows no others.</summary>
    public static ISiloBuilder UseSingleNode(this ISiloBuilder silo, FleetOptions options) => silo
        .UseLocalhostClustering(options.SiloPort, NoGateway)
        .Configure<SiloOptions>(here => here.SiloName = options.Node)
        .Configure<SiloMessagingOptions>(ConfigureMessaging);

    /// <summary>A node among others, which find each other in a shared database.</summary>
    public static ISiloBuilder UseCluster(
        this ISiloBuilder silo, FleetOptions options, string invariant, DbDataSource source) => silo
        .UseAdoNetClustering(table => (table.Invariant, table.DataSource) = (invariant, source))
        .Configure<ClusterOptions>(cluster => cluster.ServiceId = cluster.ClusterId = Name)
        .Configure<SiloOptions>(here => here.SiloName = options.Node)
        .ConfigureEndpoints(options.SiloAddress, options.SiloPort, NoGateway)
        .Configure<ClusterMembershipOptions>(ConfigureMembership)
        .Configure<GrainDirectoryOptions>(ConfigureDirectory)
        .Configure<SiloMessagingOptions>(ConfigureMessaging)
        .Configure<ExceptionSerializationOptions>(ConfigureExceptions)
        .AddDistributedGrainDirectory();

    /// <summary>
    /// A killed process is out after about 3 seconds, because its connections break; a frozen one, or a cut network,
    /// after 12 (longest probe times misses); and a node that wakes up after that learns within 5 that it is out.
    /// </summary>
    private static void ConfigureMembership(ClusterMembershipOptions members)
    {
        // When a node began to join is told by its machine's clock, and judged by that of another one: a node whose
        // clock is five minutes slow would be declared dead at once.
        members.EvictWhenMaxJoinAttemptTimeExceeded = false;
        members.ProbeTimeout = TimeSpan.FromSeconds(2);
        members.MaxProbeTimeout = TimeSpan.FromSeconds(4);
        members.NumMissedProbesLimit = 3;
        members.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        members.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// Readers of a dead node are free at once (12 seconds less the 12 above). Orleans could hold them back until a
    /// node that was only frozen has read that it is out, but every kill would cost that time, and the ledger already
    /// fences what such a node decides.
    /// </summary>
    private static void ConfigureDirectory(GrainDirectoryOptions directory) =>
        directory.RangeLeaseDuration = TimeSpan.FromSeconds(12);

    /// <summary>What a database says on one node must be understood on another: an outage is not a fault.</summary>
    private static void ConfigureExceptions(ExceptionSerializationOptions exceptions) =>
        exceptions.SupportedNamespacePrefixes.Add("Npgsql");

    private static void ConfigureMessaging(SiloMessagingOptions messaging)
    {
        messaging.ResponseTimeout = CallTimeout;
        messaging.MaxEnqueuedRequestsHardLimit = MaxWaitingCalls;
    }
}

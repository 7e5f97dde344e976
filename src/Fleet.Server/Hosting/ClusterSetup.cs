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

    /// <summary>No client outside a silo uses Orleans here, so there is no gateway port.</summary>
    private const int NoGateway = 0;

    /// <summary>
    /// How many calls may wait for one grain; the next is refused. It is more than a large store has readers, because
    /// all of them may report at once.
    /// </summary>
    private const int MaxWaitingCalls = 1_000;

    /// <summary>How long a grain call may take before its outcome is unknown.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A single node without a cluster.</summary>
    public static ISiloBuilder UseSingleNode(this ISiloBuilder silo, FleetOptions options) => silo
        .UseLocalhostClustering(options.SiloPort, NoGateway)
        .Configure<SiloOptions>(here => here.SiloName = options.Node)
        .Configure<SiloMessagingOptions>(ConfigureMessaging)
        .AddSiloTls(options);

    /// <summary>A node of a cluster; the nodes find each other in a shared database.</summary>
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
        .AddDistributedGrainDirectory()
        .AddSiloTls(options);

    /// <summary>
    /// A killed process is removed after about 3 seconds, because its connections break. A frozen process, or one whose
    /// network is cut, is removed after 12 (longest probe times misses). A node that runs again after that learns
    /// within 5 seconds that it was removed.
    /// </summary>
    private static void ConfigureMembership(ClusterMembershipOptions members)
    {
        // A node writes its start time by its own clock, and other nodes compare it with theirs: a node whose clock is
        // five minutes slow would be declared dead at once.
        members.EvictWhenMaxJoinAttemptTimeExceeded = false;
        members.ProbeTimeout = TimeSpan.FromSeconds(2);
        members.MaxProbeTimeout = TimeSpan.FromSeconds(4);
        members.NumMissedProbesLimit = 3;
        members.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        members.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// Readers of a dead node can be activated elsewhere at once (12 seconds less the 12 above). Orleans could wait
    /// until a node that was only frozen knows that it was removed, but then every kill would cost that time; and the
    /// ledger already refuses what such a node decides.
    /// </summary>
    private static void ConfigureDirectory(GrainDirectoryOptions directory) =>
        directory.RangeLeaseDuration = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Exceptions of a database on one node must be recognised on another, because an outage is handled differently
    /// from a bug.
    /// </summary>
    private static void ConfigureExceptions(ExceptionSerializationOptions exceptions) =>
        exceptions.SupportedNamespacePrefixes.Add("Npgsql");

    private static void ConfigureMessaging(SiloMessagingOptions messaging)
    {
        messaging.ResponseTimeout = CallTimeout;
        messaging.MaxEnqueuedRequestsHardLimit = MaxWaitingCalls;
    }
}

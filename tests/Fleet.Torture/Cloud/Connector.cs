using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Cloud;

/// <summary>
/// Two nodes on one PostgreSQL that are linked with a stand-in of SumUp's cloud, and its readers, which were paired
/// through them.
/// </summary>
internal sealed class Connector : IAsyncDisposable
{
    /// <summary>By which name each node calls the cloud, so that it is known whose a call is.</summary>
    private static readonly string[] CloudNames = ["127.0.0.1", "localhost"];

    private Connector(StandInCloud cloud, Cluster cluster, IReadOnlyList<string> readers) =>
        (Cloud, Cluster, Readers) = (cloud, cluster, readers);

    public StandInCloud Cloud { get; }

    public FaultProxy Proxy => Cloud.Proxy;

    public Cluster Cluster { get; }

    /// <summary>Fleet's ids of the readers, in the order of their numbers.</summary>
    public IReadOnlyList<string> Readers { get; }

    /// <summary>Starts everything.</summary>
    /// <param name="databases">Where the nodes' database is made.</param>
    /// <param name="readers">How many.</param>
    /// <param name="scenario">How the customers of a reader behave, by its number from 0.</param>
    /// <param name="called">Whether the cloud can call the nodes; otherwise they must ask it.</param>
    /// <param name="settings">More of the nodes' command lines.</param>
    /// <param name="trusted">The file of the certificates that the nodes trust.</param>
    public static async Task<Connector> Started(
        Databases databases, int readers, Func<int, Scenario>? scenario = null, bool called = true,
        IReadOnlyList<string>? settings = null, string? trusted = null)
    {
        var cloud = await StandInCloud.Started(readers, scenario, paired: false);
        Cluster? cluster = null;
        try
        {
            cloud.Proxy.HidesOpenTransactions = true;
            cluster = await Cluster.Started(databases, settings: [.. Link, .. settings ?? []],
                count: CloudNames.Length, own: node =>
                {
                    node.Trusted = trusted;
                    return OwnOf(node, cloud, called);
                });
            return new(cloud, cluster, await cloud.PairAll(number => cluster.Nodes[number % CloudNames.Length].Till));
        }
        catch
        {
            if (cluster is not null) await cluster.DisposeAsync();
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that made a call.</summary>
    public ServerProcess NodeOf(CloudCall call) => Cluster.Nodes[Array.IndexOf(CloudNames, call.Host)];

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Cloud.DisposeAsync();
    }

    /// <summary>The budget is so large that it holds nothing up.</summary>
    private static string[] Link =>
    [
        "--Fleet:Merchants:0:Sandbox=false", $"--Fleet:Merchants:0:SumUp:ApiKey={StandInCloud.Key}",
        $"--Fleet:Merchants:0:SumUp:AffiliateAppId={StandInCloud.AppId}",
        $"--Fleet:Merchants:0:SumUp:AffiliateKey={StandInCloud.AffiliateKey}",
        "--Fleet:Cloud:RequestsPerSecond=100", "--Fleet:Cloud:Burst=200",
    ];

    private static IReadOnlyList<string> OwnOf(ServerProcess node, StandInCloud cloud, bool called)
    {
        var name = CloudNames[int.Parse(node.Name[^1..], null) - 1];
        return
        [
            .. cloud.Settings, $"--Fleet:Cloud:BaseUrl=http://{name}:{cloud.Proxy.Port}",
            .. called ? [$"--Fleet:Cloud:PublicUrl={node.Address.GetLeftPart(UriPartial.Authority)}"]
                : Array.Empty<string>(),
        ];
    }
}

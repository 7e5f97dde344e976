namespace Fleet.Server;

/// <summary>The nodes of the cluster, as this node sees them.</summary>
internal static class ClusterNodes
{
    /// <summary>The nodes that take calls.</summary>
    public static IEnumerable<SiloAddress> ActiveNodes(this ClusterMembershipSnapshot cluster) =>
        cluster.Members.Values.Where(node => node.Status is SiloStatus.Active).Select(node => node.SiloAddress);

    /// <summary>The nodes that take calls, without this one.</summary>
    public static IEnumerable<SiloAddress> OtherNodes(this ClusterMembershipSnapshot cluster, ILocalSiloDetails here) =>
        cluster.ActiveNodes().Where(node => !node.Equals(here.SiloAddress));

    /// <summary>The other nodes that may still commit something, including those that are stopping.</summary>
    public static IEnumerable<SiloAddress> OthersAlive(
        this ClusterMembershipSnapshot cluster, ILocalSiloDetails here) => cluster.Members.Values
            .Where(node => node.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
            .Select(node => node.SiloAddress)
            .Where(node => !node.Equals(here.SiloAddress));
}

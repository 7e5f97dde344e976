namespace Fleet.Server;

/// <summary>Who is in the cluster, as this node sees it.</summary>
internal static class ClusterNodes
{
    /// <summary>The nodes that take calls.</summary>
    public static IEnumerable<SiloAddress> ActiveNodes(this ClusterMembershipSnapshot cluster) =>
        cluster.Members.Values.Where(node => node.Status is SiloStatus.Active).Select(node => node.SiloAddress);

    /// <summary>Those of them that are not this one.</summary>
    public static IEnumerable<SiloAddress> OtherNodes(this ClusterMembershipSnapshot cluster, ILocalSiloDetails here) =>
        cluster.ActiveNodes().Where(node => !node.Equals(here.SiloAddress));

    /// <summary>Those that may still commit something: also those on their way out.</summary>
    public static IEnumerable<SiloAddress> OthersAlive(
        this ClusterMembershipSnapshot cluster, ILocalSiloDetails here) => cluster.Members.Values
            .Where(node => node.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
            .Select(node => node.SiloAddress)
            .Where(node => !node.Equals(here.SiloAddress));
}

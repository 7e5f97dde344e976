using Fleet.Protocol;
using Orleans.Runtime.Services;

namespace Fleet.Server.Links;

/// <summary>One per node. It only queues: nothing here waits for a device.</summary>
internal sealed class LinkService(GrainId id, Silo silo, ILoggerFactory logs, LinkConnections connections)
    : GrainService(id, silo, logs), ILinkService
{
    public Task<bool> Deliver(long connection, byte[] frame) => Task.FromResult(connections.Deliver(connection, frame));

    public Task Supersede(long connection)
    {
        connections.Supersede(connection);
        return Task.CompletedTask;
    }
}

/// <summary>
/// How a grain speaks to a device: straight to the socket when it is on this node, else through its node.
/// </summary>
internal sealed class LinkClient(IServiceProvider services, LinkConnections connections, ILocalSiloDetails here)
    : GrainServiceClient<ILinkService>(services)
{
    /// <summary>Queues a frame for the device; false when there is nobody to take it.</summary>
    public async Task<bool> Deliver(LinkAddress to, ServerFrame frame)
    {
        var bytes = Link.Write(frame);
        if (to.Silo.Equals(here.SiloAddress)) return connections.Deliver(to.Connection, bytes);
        try
        {
            return await GetGrainService(to.Silo).Deliver(to.Connection, bytes);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return false; // the node is gone, and its sockets with it
        }
    }

    /// <summary>
    /// Closes a connection that a newer one of the same device replaced; a node that is gone needs no telling.
    /// </summary>
    public Task Supersede(LinkAddress old)
    {
        if (!old.Silo.Equals(here.SiloAddress)) return GetGrainService(old.Silo).Supersede(old.Connection);
        connections.Supersede(old.Connection);
        return Task.CompletedTask;
    }
}

using Fleet.Core.Checkouts;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Links;

/// <summary>The receiving end on each node. It only queues and never waits for a device.</summary>
internal sealed class LinkService(GrainId id, Silo silo, ILoggerFactory logs, LinkConnections connections)
    : GrainService(id, silo, logs), ILinkService
{
    public Task<bool> DeliverFrame(long connection, byte[] frame, string? trace) =>
        Task.FromResult(connections.DeliverFrame(connection, frame, trace));

    public Task<Attachment?> FindAttachment(string readerId) => Task.FromResult(connections.FindAttachment(readerId));

    public Task<ActReply> AskDevice(long connection, Guid actId, byte[] frame, TimeSpan patience) =>
        connections.AskDevice(connection, actId, frame, patience);

    public Task<ActReply> ConfigureDevice(long connection, Guid configureId, byte[] frame, TimeSpan patience) =>
        connections.ConfigureDevice(connection, configureId, frame, patience);

    public Task SupersedeLink(long connection)
    {
        connections.SupersedeLink(connection);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Sends frames to devices: directly to the socket when it is on this node, otherwise through the node that has it.
/// </summary>
internal sealed class LinkClient(
    IServiceProvider services, LinkConnections connections, MerchantDirectory merchants, ILocalSiloDetails here,
    IClusterMembershipService cluster, TimeProvider time)
    : NodeClient<ILinkService>(services)
{
    /// <summary>
    /// The newest connection of a reader's device on any node. An activation that knows no connection finds with it a
    /// device that is still connected.
    /// </summary>
    public async Task<Attachment?> FindAttachment(string readerId)
    {
        if (connections.FindAttachment(readerId) is { } found) return found;
        // If the node does not answer, its sockets are lost with it.
        var answers = await Task.WhenAll(cluster.CurrentSnapshot.OtherNodes(here).Select(node =>
            AskNode(node, other => other.FindAttachment(readerId), silent: null)));
        return answers.MaxBy(answer => answer?.Epoch);
    }

    /// <summary>Whether a connection must be closed, because its node has left the cluster.</summary>
    public bool IsGone(LinkAddress link) => cluster.CurrentSnapshot.GetSiloStatus(link.Silo) is SiloStatus.Dead;

    /// <summary>Queues a frame for the device; false when there is no connection.</summary>
    public Task<bool> DeliverFrame(LinkAddress to, ServerFrame frame, string? trace = null)
    {
        var bytes = Link.WriteFrame(frame);
        return to.Silo.Equals(here.SiloAddress)
            ? Task.FromResult(connections.DeliverFrame(to.Connection, bytes, trace))
            : DeliverElsewhere(to, bytes, trace);
    }

    private Task<bool> DeliverElsewhere(LinkAddress to, byte[] frame, string? trace) =>
        AskNode(to.Silo, node => node.DeliverFrame(to.Connection, frame, trace), silent: false);

    /// <summary>What a device is told about a checkout now.</summary>
    public CheckoutDisplay ToDisplay(Checkout checkout) =>
        LinkFrames.ToDisplay(checkout, merchants.HasTestCents(checkout.MerchantCode), time.Now());

    /// <summary>Tells a virtual device what a test wants, and waits for its answer.</summary>
    /// <param name="to">Its connection.</param>
    /// <param name="wish">What is to happen. The wait for the answer is a little longer than the wish says.</param>
    public async Task<ActReply> AskDevice(Attachment to, DeviceWish wish)
    {
        var id = Guid.NewGuid();
        var frame = Link.WriteFrame(new Act(to.Epoch, id, wish));
        var patience = TimeSpan.FromMilliseconds(wish.WaitMs ?? 0) + DeviceQuestions.AnswerWithin;
        return to.Link.Silo.Equals(here.SiloAddress)
            ? await connections.AskDevice(to.Link.Connection, id, frame, patience)
            : await AskNode(to.Link.Silo,
                node => node.AskDevice(to.Link.Connection, id, frame, patience), ActReply.Gone);
    }

    /// <summary>
    /// Sends settings to a device, and waits for its answer. Of a node that does not answer it is not known whether it
    /// sent them.
    /// </summary>
    public async Task<ActReply> ConfigureDevice(Attachment to, MenuLockSettings menuLock)
    {
        var (id, patience) = (Guid.NewGuid(), DeviceQuestions.AnswerWithin);
        var frame = Link.WriteFrame(new Configure(to.Epoch, id, menuLock));
        return to.Link.Silo.Equals(here.SiloAddress)
            ? await connections.ConfigureDevice(to.Link.Connection, id, frame, patience)
            : await AskNode(to.Link.Silo,
                node => node.ConfigureDevice(to.Link.Connection, id, frame, patience), ActReply.Lost);
    }

    /// <summary>
    /// Closes a connection that a newer one of the same device has replaced. The caller does not wait for it: the node
    /// of the old connection may be frozen or gone.
    /// </summary>
    public void SupersedeLink(LinkAddress old)
    {
        if (old.Silo.Equals(here.SiloAddress)) connections.SupersedeLink(old.Connection);
        else GetGrainService(old.Silo).SupersedeLink(old.Connection).Ignore();
    }
}

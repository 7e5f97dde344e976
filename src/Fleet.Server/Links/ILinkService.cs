using Fleet.Server.Grains;
using Orleans.Services;

namespace Fleet.Server.Links;

/// <summary>The WebSockets of a node, as grains on any node call them.</summary>
[Alias("fleet.link-service")]
internal interface ILinkService : IGrainService
{
    /// <summary>
    /// How long to wait for a node: it answers from memory, so a node that does not answer is frozen.
    /// </summary>
    const string Patience = "00:00:01";

    /// <summary>
    /// Queues a frame; false when the connection is gone or too slow to take it. The frame of a checkout carries its
    /// trace, if it is traced.
    /// </summary>
    [Alias("deliver"), ResponseTimeout(Patience)]
    Task<bool> DeliverFrame(long connection, byte[] frame, string? trace);

    /// <summary>The connection of a reader's device, if it is on this node.</summary>
    [Alias("find"), ResponseTimeout(Patience)]
    Task<Attachment?> FindAttachment(string readerId);

    /// <summary>Closes a connection that was replaced.</summary>
    [Alias("supersede")]
    Task SupersedeLink(long connection);
}

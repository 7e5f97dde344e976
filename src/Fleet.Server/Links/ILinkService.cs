using Fleet.Server.Grains;
using Orleans.Services;

namespace Fleet.Server.Links;

/// <summary>The WebSockets of a node, as grains on any node call them.</summary>
[Alias("fleet.link-service")]
internal interface ILinkService : IGrainService
{
    /// <summary>
    /// Queues a frame; false when the connection is gone or too slow to take it. The frame of a checkout carries its
    /// trace, if it is traced.
    /// </summary>
    [Alias("deliver"), ResponseTimeout(NodeClient.Patience)]
    Task<bool> DeliverFrame(long connection, byte[] frame, string? trace);

    /// <summary>The connection of a reader's device, if it is on this node.</summary>
    [Alias("find"), ResponseTimeout(NodeClient.Patience)]
    Task<Attachment?> FindAttachment(string readerId);

    /// <summary>
    /// Sends a wish of a test to a virtual device, and waits for its answer.
    /// </summary>
    /// <param name="connection">The connection of the device.</param>
    /// <param name="actId">The id in the frame.</param>
    /// <param name="frame">The frame <see cref="Protocol.Act"/>.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    [Alias("ask"), ResponseTimeout(DeviceQuestions.Patience)]
    Task<ActReply> AskDevice(long connection, Guid actId, byte[] frame, TimeSpan patience);

    /// <summary>Sends settings to a device, and waits for its answer.</summary>
    /// <param name="connection">The connection of the device.</param>
    /// <param name="configureId">The id in the frame.</param>
    /// <param name="frame">The frame <see cref="Protocol.Configure"/>.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    [Alias("configure"), ResponseTimeout(DeviceQuestions.ShortPatience)]
    Task<ActReply> ConfigureDevice(long connection, Guid configureId, byte[] frame, TimeSpan patience);

    /// <summary>Closes a connection that was replaced.</summary>
    [Alias("supersede")]
    Task SupersedeLink(long connection);
}

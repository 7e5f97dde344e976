using Orleans.Services;

namespace Fleet.Server.Links;

/// <summary>Where a device is connected: a node's process, and a connection of it.</summary>
[GenerateSerializer, Immutable, Alias("fleet.link-address")]
internal sealed record LinkAddress([property: Id(0)] SiloAddress Silo, [property: Id(1)] long Connection);

/// <summary>A connection that was admitted as a reader's device.</summary>
[GenerateSerializer, Immutable, Alias("fleet.attachment")]
internal sealed record Attachment([property: Id(0)] LinkAddress Link, [property: Id(1)] long Epoch);

/// <summary>The node's hand on its own WebSockets, called by grains wherever they live.</summary>
[Alias("fleet.link-service")]
internal interface ILinkService : IGrainService
{
    /// <summary>How long a node is waited for: it answers from memory, so one that does not is frozen.</summary>
    const string Patience = "00:00:01";

    /// <summary>
    /// Queues a frame; false when the connection is gone or too slow to take it. A checkout brings its trace, if it is
    /// recorded.
    /// </summary>
    [Alias("deliver"), ResponseTimeout(Patience)]
    Task<bool> Deliver(long connection, byte[] frame, string? trace);

    /// <summary>The connection of a reader's device, if this node has it.</summary>
    [Alias("find"), ResponseTimeout(Patience)]
    Task<Attachment?> Find(string readerId);

    /// <summary>Closes a connection that was replaced.</summary>
    [Alias("supersede")]
    Task Supersede(long connection);
}

namespace Fleet.Server.Grains;

/// <summary>Where a device is connected: the process of a node, and a connection in it.</summary>
[GenerateSerializer, Immutable, Alias("fleet.link-address")]
internal sealed record LinkAddress([property: Id(0)] SiloAddress Silo, [property: Id(1)] long Connection);

/// <summary>A connection that was admitted as a reader's device.</summary>
[GenerateSerializer, Immutable, Alias("fleet.attachment")]
internal sealed record Attachment([property: Id(0)] LinkAddress Link, [property: Id(1)] long Epoch);

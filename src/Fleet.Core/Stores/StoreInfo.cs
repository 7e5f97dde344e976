using Orleans;

namespace Fleet.Core.Stores;

/// <summary>A store, as callers see it.</summary>
/// <param name="Id">Its id, which never changes.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made; null for the default store, which always exists.</param>
/// <param name="RetiredAt">When it was retired; null while it is open.</param>
[GenerateSerializer, Immutable, Alias("fleet.store-info")]
public sealed record StoreInfo(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] DateTimeOffset? CreatedAt = null,
    [property: Id(3)] DateTimeOffset? RetiredAt = null);

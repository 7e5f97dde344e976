using Fleet.Core.Readers;
using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>A reader as SumUp's cloud lists it.</summary>
/// <param name="Id">The cloud's id. A device that is paired anew gets another one.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Status">How far its pairing is.</param>
/// <param name="Serial">The serial number of its device, which stays; null when the cloud does not tell it.</param>
/// <param name="Model">The model of its device, in the cloud's words; null when the cloud does not tell it.</param>
[GenerateSerializer, Immutable, Alias("fleet.cloud-listed-reader")]
public sealed record ListedReader(
    [property: Id(0)] string Id, [property: Id(1)] string Name, [property: Id(2)] PairingStatus Status,
    [property: Id(3)] string? Serial, [property: Id(4)] string? Model);

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
    [property: Id(3)] string? Serial, [property: Id(4)] string? Model)
{
    /// <summary>
    /// Its device. A serial number that cannot be one is replaced by the cloud's id, so that the reader is only found
    /// again as long as it is not paired anew.
    /// </summary>
    public Device Device
    {
        get
        {
            var device = new Device(
                Serial ?? Id, Model is Device.VirtualSolo ? Device.VirtualSolo : Device.Solo, Device.UnknownFirmware);
            return device.IsValid ? device : device with { Serial = Id };
        }
    }
}

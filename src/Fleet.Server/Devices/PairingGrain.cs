using Fleet.Core;
using Fleet.Core.Readers;

namespace Fleet.Server.Devices;

internal sealed class PairingGrain(TimeProvider time) : Grain, IPairingGrain
{
    private Device? _device;
    private DateTimeOffset _expiresAt;
    private bool _claimed;

    public Task<bool> Offer(Device device, DateTimeOffset expiresAt)
    {
        if (IsOnOffer) return Task.FromResult(false);
        (_device, _expiresAt, _claimed) = (device, expiresAt, false);
        return Task.FromResult(true);
    }

    public Task<PairingClaim> Claim(bool sandbox) => Task.FromResult(Take(sandbox));

    private bool IsOnOffer => _device is not null && time.Now() < _expiresAt;

    private PairingClaim Take(bool sandbox)
    {
        if (!IsOnOffer || _device is not { } device) return new(null, Refusal.NotFound);
        if (_claimed) return new(null, Refusal.PairingCodeUsed);
        if (!Pairing.Suits(device, sandbox)) return new(null, Refusal.WrongKindOfReader);
        _claimed = true;
        return new(device);
    }
}

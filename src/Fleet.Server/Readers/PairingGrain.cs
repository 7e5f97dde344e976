using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

internal sealed class PairingGrain(TimeProvider time) : Grain, IPairingGrain
{
    private Device? _device;
    private long _offered;
    private TimeSpan _lasts;
    private bool _claimed;

    public Task<bool> Offer(Device device, DateTimeOffset expiresAt)
    {
        if (IsOnOffer) return Task.FromResult(false);
        (_device, _claimed, _offered) = (device, false, time.GetTimestamp());
        _lasts = Deadline.Left(expiresAt, Pairing.ConfirmWithin, time.Now());
        return Task.FromResult(true);
    }

    public Task<PairingClaim> Claim(bool sandbox) => Task.FromResult(Take(sandbox));

    public Task<PairingClaim> Show(bool sandbox) =>
        Task.FromResult(new PairingClaim(_device, Check(sandbox)));

    public Task<Refusal?> Look(bool sandbox) => Task.FromResult(Check(sandbox));

    private bool IsOnOffer => _device is not null && time.GetElapsedTime(_offered) < _lasts;

    private PairingClaim Take(bool sandbox)
    {
        if (Check(sandbox) is { } refusal) return new(null, refusal);
        _claimed = true;
        return new(_device);
    }

    private Refusal? Check(bool sandbox)
    {
        if (!IsOnOffer || _device is not { } device) return Refusal.PairingCodeUnknown;
        if (_claimed) return Refusal.PairingCodeUsed;
        return Pairing.Suits(device, sandbox) ? null : Refusal.WrongKindOfReader;
    }
}

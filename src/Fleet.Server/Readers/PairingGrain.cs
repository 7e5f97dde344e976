using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>Stays in memory a little longer than its code can be used.</summary>
[CollectionAgeLimit(Minutes = 6)]
internal sealed class PairingGrain(TimeProvider time) : Grain, IPairingGrain
{
    private Device? _device;
    private long _offered;
    private TimeSpan _lasts;
    private bool _claimed;

    public Task<bool> OfferCode(Device device, DateTimeOffset expiresAt)
    {
        if (IsOnOffer) return Task.FromResult(false);
        (_device, _claimed, _offered) = (device, false, time.GetTimestamp());
        _lasts = Deadline.TimeLeft(expiresAt, ReaderProfile.ConfirmWithin, time.Now());
        return Task.FromResult(true);
    }

    public Task<PairingClaim> ClaimOffer(bool sandbox) => Task.FromResult(TakeOffer(sandbox));

    public Task<PairingClaim> ShowOffer(bool sandbox) =>
        Task.FromResult(new PairingClaim(_device, FindRefusal(sandbox)));

    public Task<Refusal?> CheckOffer(bool sandbox) => Task.FromResult(FindRefusal(sandbox));

    private bool IsOnOffer => _device is not null && time.GetElapsedTime(_offered) < _lasts;

    private PairingClaim TakeOffer(bool sandbox)
    {
        if (FindRefusal(sandbox) is { } refusal) return new(null, refusal);
        _claimed = true;
        return new(_device);
    }

    private Refusal? FindRefusal(bool sandbox) =>
        PairingRules.ClaimOffer(IsOnOffer ? _device : null, _claimed, sandbox);
}

using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Links;
using Fleet.Server.Storage;

namespace Fleet.Server.Devices;

/// <summary>What is kept of a device.</summary>
public sealed record DeviceRecord
{
    /// <summary>Connections so far; each has the next number.</summary>
    public long Epoch { get; init; }

    /// <summary>The reader it is paired as, or null.</summary>
    public string? ReaderId { get; init; }

    public string? ReaderName { get; init; }

    public string? MerchantCode { get; init; }

    /// <summary>Hash of the secret it proves that with.</summary>
    public string? CredentialHash { get; init; }

    public DateTimeOffset PairedAt { get; init; }

    /// <summary>The device has used its credential.</summary>
    public bool Confirmed { get; init; }

    /// <summary>The reader was deleted; the device may still report for it.</summary>
    public bool Released { get; init; }
}

internal sealed class DeviceGrain(
    [PersistentState("device")] IPersistentState<DeviceRecord> record, LinkClient links, TimeProvider time)
    : Grain, IDeviceGrain
{
    /// <summary>Codes tried before giving up; with 32^8 codes the second try is already a surprise.</summary>
    private const int MaxCodeTries = 5;

    /// <summary>The connection that proved to be the device.</summary>
    private LinkAddress? _link;

    /// <summary>The connection that waits to be paired. Anybody can say a serial number, so it displaces no other.</summary>
    private (Device Device, LinkAddress Link)? _waiting;

    private IGrainTimer? _newCode;

    public async Task<Admission> Connect(Introduction introduction, LinkAddress link)
    {
        var proven = Proves(introduction);
        await record.Store(record.State with
        {
            Epoch = record.State.Epoch + 1,
            Confirmed = record.State.Confirmed || (proven && !record.State.Released),
        });
        var epoch = record.State.Epoch;
        if (proven) await Admit(link);
        if (introduction.ReaderId is { } claimed)
            return new(epoch, proven ? claimed : null, Unpaired: proven && !record.State.Released ? null : claimed);
        await KeepWaiting(introduction.Device, link);
        return AwaitsConfirmation && record.State.ReaderId is { } readerId
            ? new(epoch, Paired: await Introduce(readerId))
            : new(epoch, Code: await OfferCode(introduction.Device));
    }

    public async Task<string?> Pair(PairingOrder order)
    {
        var before = record.State;
        await record.Store(before with
        {
            ReaderId = order.ReaderId,
            ReaderName = order.Name,
            MerchantCode = order.MerchantCode,
            CredentialHash = null,
            PairedAt = time.Now(),
            Confirmed = false,
            Released = false,
        });
        _newCode?.Dispose();
        if (_link is { } old) await links.Supersede(old);
        _link = null;
        if (_waiting is { } waiting)
            await links.Deliver(waiting.Link, LinkFrames.Of(await Introduce(order.ReaderId)));
        return before is { ReaderId: { } lost, Released: false } && lost != order.ReaderId ? lost : null;
    }

    public Task Release(string readerId) => record.State.ReaderId == readerId && !record.State.Released
        ? record.Store(record.State with { Released = true })
        : Task.CompletedTask;

    private async Task Admit(LinkAddress link)
    {
        if (_link is { } old && old != link) await links.Supersede(old);
        _link = link;
        if (_waiting?.Link == link) _waiting = null;
    }

    private async Task KeepWaiting(Device device, LinkAddress link)
    {
        if (_waiting is { } old && old.Link != link) await links.Supersede(old.Link);
        _waiting = (device, link);
        if (_link == link) _link = null;
    }

    private bool AwaitsConfirmation => record.State is { ReaderId: not null, Confirmed: false, Released: false }
        && time.Now() < record.State.PairedAt + Pairing.ConfirmWithin;

    private bool Proves(Introduction introduction) =>
        introduction is { ReaderId: { } reader, Credential: { } credential }
        && record.State is { ReaderId: { } mine, CredentialHash: { } hash }
        && reader == mine && RandomIds.SameHash(RandomIds.Hash(credential), hash);

    /// <summary>Gives the device a credential; an earlier one it never used is void with that.</summary>
    private async Task<PairedDevice> Introduce(string readerId)
    {
        var credential = RandomIds.Secret();
        await record.Store(record.State with { CredentialHash = RandomIds.Hash(credential) });
        return new(readerId, record.State.ReaderName ?? "", record.State.MerchantCode ?? "", credential);
    }

    private async Task<OfferedCode> OfferCode(Device device)
    {
        var expiresAt = time.Now() + Pairing.ConfirmWithin;
        for (var attempt = 0; attempt < MaxCodeTries; attempt++)
        {
            var code = RandomIds.PairingCode();
            if (!await GrainFactory.GetGrain<IPairingGrain>(code).Offer(device, expiresAt)) continue;
            _newCode?.Dispose();
            _newCode = this.RegisterGrainTimer(ShowNewCode, new GrainTimerCreationOptions
            {
                DueTime = Pairing.ConfirmWithin, Period = Timeout.InfiniteTimeSpan, KeepAlive = true,
            });
            return new(code, expiresAt);
        }
        throw new InvalidOperationException("No pairing code is free.");
    }

    /// <summary>A code lasts 5 minutes; a device that still waits is shown the next one.</summary>
    private async Task ShowNewCode(CancellationToken cancel)
    {
        if (_waiting is not { } waiting) return;
        var next = await OfferCode(waiting.Device);
        if (await links.Deliver(waiting.Link, new PairingCode(next.Code, next.ExpiresAt))) return;
        _newCode?.Dispose(); // it hung up: it will introduce itself again
        _waiting = null;
    }
}

using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Links;

namespace Fleet.Server.Readers;

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

    /// <summary>The code it was paired by: only who showed that is told again of a pairing that was missed.</summary>
    public string? PairedByCode { get; init; }

    /// <summary>The device has used its credential.</summary>
    public bool Confirmed { get; init; }

    /// <summary>The readers that the device was before, the last one last: it may still report for them.</summary>
    public IReadOnlyList<FormerPairing> Former { get; init; } = [];

    /// <summary>The reader was deleted; the device may still report for it.</summary>
    public bool Released { get; init; }
}

/// <summary>A pairing that another one replaced.</summary>
public sealed record FormerPairing(string ReaderId, string CredentialHash, string? MerchantCode = null);

internal sealed class DeviceGrain(
    [PersistentState("device")] IPersistentState<DeviceRecord> record, LinkClient links, TimeProvider time)
    : Grain, IDeviceGrain
{
    /// <summary>Codes tried before giving up; with 32^8 codes the second try is already a surprise.</summary>
    private const int MaxCodeTries = 5;

    /// <summary>Former pairings that are kept, chosen by us.</summary>
    private const int MaxFormer = 8;

    /// <summary>Connections of one serial number that may wait to be paired.</summary>
    private const int MaxOffers = 4;

    /// <summary>
    /// The connections that show a code, by code. Anybody can say a serial number, so none of them displaces another
    /// or the device itself, and a pairing is told only to the one that showed its code.
    /// </summary>
    private readonly Dictionary<string, LinkAddress> _offers = [];

    /// <summary>The connection that proved to be the device.</summary>
    private LinkAddress? _link;

    public async Task<ConnectReply> ConnectDevice(Introduction introduction, LinkAddress link)
    {
        var proven = ProvesReader(introduction);
        if (!proven && WasPairedAs(introduction) is { } former)
        {
            ForgetLink(link);
            return new( // and the device that is the reader now is not disturbed
                Epoch: 0, former.ReaderId, Unpaired: former.ReaderId, MerchantCode: former.MerchantCode);
        }
        await record.SaveState(record.State with
        {
            Epoch = record.State.Epoch + 1,
            Confirmed = record.State.Confirmed || (proven && !record.State.Released),
        });
        var epoch = record.State.Epoch;
        ForgetLink(link);
        if (proven) AdmitLink(link);
        if (introduction.ReaderId is { } claimed)
            return new(epoch, proven ? claimed : null, Unpaired: proven && !record.State.Released ? null : claimed,
                MerchantCode: proven ? record.State.MerchantCode : null);
        return IsToBeToldAgain(introduction) && record.State.ReaderId is { } readerId
            ? new(epoch, Paired: await IssueCredential(readerId))
            : new(epoch, Code: await OfferCode(introduction.Device, link));
    }

    public async Task<bool> TryPairWithReader(BindDevice ask, string? replaces)
    {
        if (await PairedAs() is { } other && other != replaces && other != ask.ReaderId) return false;
        await PairWithReader(ask);
        return true;
    }

    public Task<string?> PairedAs() => Task.FromResult(record.State.Released ? null : record.State.ReaderId);

    public async Task<string?> PairWithReader(BindDevice ask)
    {
        var before = record.State;
        await record.SaveState(before with
        {
            ReaderId = ask.ReaderId,
            ReaderName = ask.Name,
            MerchantCode = ask.MerchantCode,
            CredentialHash = null,
            Former = FormerAfter(before),
            PairedAt = time.Now(),
            PairedByCode = ask.Code,
            Confirmed = false,
            Released = false,
        });
        if (_link is { } old) links.SupersedeLink(old);
        _link = null;
        if (_offers.Remove(ask.Code, out var waiting))
            await links.DeliverFrame(waiting, LinkFrames.ToPaired(await IssueCredential(ask.ReaderId)));
        return before is { ReaderId: { } lost, Released: false } && lost != ask.ReaderId ? lost : null;
    }

    public Task ReleaseReader(string readerId) => record.State.ReaderId == readerId && !record.State.Released
        ? record.SaveState(record.State with { Released = true })
        : Task.CompletedTask;

    private bool IsToBeToldAgain(Introduction introduction) =>
        record.State is { ReaderId: not null, Confirmed: false, Released: false, PairedByCode: { } code }
        && introduction.ShownCode == code
        && !Deadline.IsOver(record.State.PairedAt, ReaderProfile.ConfirmWithin, time.Now());

    private static IReadOnlyList<FormerPairing> FormerAfter(DeviceRecord before) =>
        before is { ReaderId: { } reader, CredentialHash: { } hash }
            ? [.. before.Former.Append(new(reader, hash, before.MerchantCode)).TakeLast(MaxFormer)]
            : before.Former;

    private FormerPairing? WasPairedAs(Introduction introduction)
    {
        if (introduction is not { ReaderId: { } reader, Credential: { } credential }) return null;
        var hash = RandomIds.HashSecret(credential);
        return record.State.Former.LastOrDefault(
            one => one.ReaderId == reader && RandomIds.SameHash(hash, one.CredentialHash));
    }

    private bool ProvesReader(Introduction introduction) =>
        introduction is { ReaderId: { } reader, Credential: { } credential }
        && record.State is { ReaderId: { } mine, CredentialHash: { } hash }
        && reader == mine && RandomIds.SameHash(RandomIds.HashSecret(credential), hash);

    private void AdmitLink(LinkAddress link)
    {
        if (_link is { } old) links.SupersedeLink(old);
        _link = link;
    }

    /// <summary>A connection introduces itself anew: what it was before is over.</summary>
    private void ForgetLink(LinkAddress link)
    {
        if (_link == link) _link = null;
        foreach (var (code, _) in _offers.Where(offer => offer.Value == link).ToList()) _offers.Remove(code);
    }

    /// <summary>Gives the device a credential; an earlier one it never used is void with that.</summary>
    private async Task<PairedDevice> IssueCredential(string readerId)
    {
        var credential = RandomIds.NewSecret();
        await record.SaveState(record.State with { CredentialHash = RandomIds.HashSecret(credential) });
        return new(readerId, record.State.ReaderName ?? "", record.State.MerchantCode ?? "", credential);
    }

    private async Task<OfferedCode> OfferCode(Device device, LinkAddress link)
    {
        if (_offers.Count >= MaxOffers && _offers.Remove(_offers.First().Key, out var oldest))
            links.SupersedeLink(oldest);
        var expiresAt = time.Now() + ReaderProfile.ConfirmWithin;
        for (var attempt = 0; attempt < MaxCodeTries; attempt++)
        {
            var code = RandomIds.PairingCode();
            if (!await GrainFactory.GetGrain<IPairingGrain>(code).OfferCode(device, expiresAt)) continue;
            _offers.Add(code, link);
            return new(code, expiresAt);
        }
        throw new InvalidOperationException("No pairing code is free.");
    }
}

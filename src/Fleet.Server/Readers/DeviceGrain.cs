using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Links;

namespace Fleet.Server.Readers;

/// <summary>Stays in memory a little longer than a code can be used; after that its saved state is enough.</summary>
[CollectionAgeLimit(Minutes = 6)]
internal sealed class DeviceGrain(
    [PersistentState("device")] IPersistentState<DeviceRecord> record, LinkClient links, TimeProvider time)
    : Grain, IDeviceGrain
{
    /// <summary>
    /// Codes that are tried before giving up; with 32^8 codes, needing a second one is already very rare.
    /// </summary>
    private const int MaxCodeTries = 5;

    private readonly ShownCodes _codes = new();

    /// <summary>The connection that proved to be the device.</summary>
    private LinkAddress? _link;

    public async Task<ConnectReply> ConnectDevice(Introduction introduction, LinkAddress link)
    {
        var (next, told) = DeviceRules.ConnectDevice(record.State, ReadHello(introduction), time.Now());
        if (told.IsNewest) await record.SaveState(next);
        ForgetLink(link);
        if (told is { IsNewest: true, ReaderId: not null }) AdmitLink(link);
        if (told.NeedsCode) return new(told.Epoch, Code: await OfferCode(introduction.Device, link));
        LeaveMemory();
        return told.ToldAgain is { } readerId
            ? new(told.Epoch, Paired: await IssueCredential(readerId))
            : new(told.Epoch, told.ReaderId, told.Unpaired, MerchantCode: told.MerchantCode);
    }

    public Task EndOffer(LinkAddress link)
    {
        ForgetLink(link);
        LeaveMemory();
        return Task.CompletedTask;
    }

    public async Task<bool> TryPairWithReader(BindDevice ask, string? replaces)
    {
        if (!DeviceRules.MayBind(record.State, ask.ReaderId, replaces)) return false;
        await PairWithReader(ask);
        return true;
    }

    public Task<string?> PairedAs() => Task.FromResult(DeviceRules.PairedAs(record.State));

    public async Task<string?> PairWithReader(BindDevice ask)
    {
        var before = DeviceRules.PairedAs(record.State);
        await record.SaveState(DeviceRules.BindDevice(record.State, ask, time.Now()));
        if (_link is { } old) links.SupersedeLink(old);
        _link = null;
        if (_codes.TakeOffer(ask.Code) is { } waiting)
            await links.DeliverFrame(waiting, LinkFrames.ToPaired(await IssueCredential(ask.ReaderId)));
        return before == ask.ReaderId ? null : before;
    }

    public Task ReleaseReader(string readerId)
    {
        var next = DeviceRules.ReleaseReader(record.State, readerId, time.Now());
        return ReferenceEquals(next, record.State) ? Task.CompletedTask : record.SaveState(next);
    }

    public Task<IReadOnlyList<DevicePairing>> ListPairings() =>
        Task.FromResult(DeviceRules.ListPairings(record.State));

    private static DeviceHello ReadHello(Introduction introduction) => new(introduction.ReaderId,
        introduction is { ReaderId: { } reader, Credential: { } credential }
            ? new(reader, RandomIds.HashSecret(credential)) : null, introduction.ShownCode);

    /// <summary>
    /// Serial numbers can be invented: a device that was never paired stays in memory only while it shows a code.
    /// </summary>
    private void LeaveMemory()
    {
        if (_codes.IsEmpty && !record.RecordExists) DeactivateOnIdle();
    }

    private void AdmitLink(LinkAddress link)
    {
        if (_link is { } old) links.SupersedeLink(old);
        _link = link;
    }

    /// <summary>A connection sent a new hello: its earlier code or proof is void.</summary>
    private void ForgetLink(LinkAddress link)
    {
        if (_link == link) _link = null;
        _codes.ForgetLink(link);
    }

    /// <summary>Gives the device a new credential; an earlier one that it never used becomes invalid.</summary>
    private async Task<PairedDevice> IssueCredential(string readerId)
    {
        var credential = RandomIds.NewSecret();
        await record.SaveState(record.State with { CredentialHash = RandomIds.HashSecret(credential) });
        return new(readerId, record.State.ReaderName ?? "", record.State.MerchantCode ?? "", credential);
    }

    private async Task<OfferedCode> OfferCode(Device device, LinkAddress link)
    {
        if (_codes.TakeOldest() is { } oldest) links.SupersedeLink(oldest);
        var expiresAt = time.Now() + ReaderProfile.ConfirmWithin;
        for (var attempt = 0; attempt < MaxCodeTries; attempt++)
        {
            var code = RandomIds.PairingCode();
            if (!await GrainFactory.GetGrain<IPairingGrain>(code).OfferCode(device, expiresAt)) continue;
            _codes.AddOffer(code, link);
            return new(code, expiresAt);
        }
        throw new InvalidOperationException("No pairing code is free.");
    }
}

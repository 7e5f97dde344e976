using System.Collections.Immutable;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// What an activation knows of its reader: the saved profile, the reader after its last event in the ledger, and the
/// status that its device reported. Changes are shown on the board of its store.
/// </summary>
internal sealed class ReaderMemory(
    string id, IPersistentState<ReaderState> record, StoreNotifier stores, SiloAddress here, TimeProvider time)
{
    private ImmutableArray<DateTimeOffset> _connected = [];

    public string Id => id;

    /// <summary>The reader as the rules see it; null before it is paired.</summary>
    public Reader? Reader { get; private set; }

    /// <summary>The last status that its device reported.</summary>
    public ReaderStatus Status { get; private set; } =
        record.State.LastStatus ?? new() { Firmware = record.State.Pairing?.Device.Firmware };

    /// <summary>The node to which its device is connected; null when it is not.</summary>
    public SiloAddress? LinkNode { get; private set; }

    /// <summary>The profile, also of a reader that was deleted.</summary>
    public ReaderProfile? Profile => record.State.Pairing;

    /// <summary>Whether SumUp's cloud carries out its checkouts.</summary>
    public bool IsOfCloud => Profile is { CloudReaderId: not null };

    /// <summary>Whether SumUp's cloud said a moment ago that it does not reach the reader.</summary>
    public bool IsKnownOffline => IsOfCloud && Status.Read is { } read
        && PresenceRules.OnlineAt(read, time.Now()) is false;

    /// <summary>The profile, unless the reader was deleted.</summary>
    public ReaderProfile? Listed => Profile is { Status: not PairingStatus.Removed } profile ? profile : null;

    /// <summary>
    /// The profile, if the caller's key reaches it. When the key does not, the activation is not ended: if it ended at
    /// once, the next call with the same id could be rejected, and answer 503 instead of 404.
    /// </summary>
    public ReaderProfile? FindProfile(Reach caller) =>
        Listed is { } mine && caller.CoversReader(mine) ? mine : null;

    /// <summary>The reader as a merchant sees it, if the caller's key reaches it.</summary>
    public ReaderSnapshot? FindSnapshot(Reach caller) =>
        FindProfile(caller) is { } profile ? ToSnapshot(profile) : null;

    /// <summary>Begins with what the ledger has.</summary>
    public void Begin(ReaderProfile profile, LedgerHead head)
    {
        Reader = new()
        {
            Id = id,
            MerchantCode = profile.MerchantCode,
            Store = profile.Store,
            Device = profile.Device,
            Online = IsInCloud(profile),
            Version = head.Version,
            Latest = head.Latest,
            Refusals = head.Latest is { Cloud.Refused: { } why } last ? [new(last.UpdatedAt, why)] : [],
        };
        Status = Status.WithoutOldScreen(Reader);
        if (IsOfCloud) BeginReads();
    }

    /// <summary>Saves the profile, and remembers it only then.</summary>
    public async Task<ReaderProfile> SaveProfile(ReaderProfile profile)
    {
        var next = profile with { UpdatedAt = time.Now() };
        await SaveAsIs(next);
        if (Reader is { } reader) Reader = reader with { Store = next.Store };
        return next;
    }

    /// <summary>The same with the time that the profile has.</summary>
    public Task SaveAsIs(ReaderProfile profile) => record.SaveState(record.State with { Pairing = profile });

    /// <summary>Saves the profile of a reader of SumUp's cloud whose pairing there has changed.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="anew">Whether its device was paired anew, so that nothing is known of it.</param>
    public async Task SavePairing(ReaderProfile profile, bool anew)
    {
        await SaveProfile(profile);
        if (Reader is { } reader) Reader = reader with { Device = profile.Device, Online = IsInCloud(profile) };
        if (!anew) return;
        Status = new() { Connections = Status.Connections };
        BeginReads();
    }

    /// <summary>Saves the last status that its device reported, for the time in which it is offline.</summary>
    public Task SaveStatus() => record.SaveState(record.State with { LastStatus = Status });

    /// <summary>Keeps the reader after saved events in memory.</summary>
    public void Remember(Reader reader) => Reader = reader;

    /// <summary>Notes that its device is connected to a node.</summary>
    public void GoOnline(SiloAddress node)
    {
        LinkNode = node;
        if (Reader is { } reader) Reader = reader with { Online = true };
    }

    /// <summary>Notes that its device is connected again; what a person must look at when that is too often.</summary>
    public Occurrence? NoteConnection()
    {
        Status = Status with { Connections = DayCount.AddOne(Status.Connections, time.Now()) };
        (_connected, var tooOften) = FlappingRules.NoteConnection(_connected, time.Now());
        return tooOften && Reader is { } reader ? Occurrence.ForFlapping(reader, time.Now()) : null;
    }

    /// <summary>Takes what its device told about itself in its hello.</summary>
    public void NoteDevice(Device device)
    {
        if (Reader is { } reader) Reader = reader with { Device = device };
        Status = Status with { Firmware = device.Firmware, LastActivity = time.Now() };
    }

    /// <summary>Notes that its device is not connected any more; false when that was known.</summary>
    public bool GoOffline()
    {
        LinkNode = null;
        if (Reader is not { Online: true } reader) return false;
        Reader = reader with { Online = false };
        return true;
    }

    /// <summary>Takes a status that its device reported.</summary>
    public void NoteStatus(ReaderStatus status)
    {
        var isNew = status != Status;
        Status = status with { LastActivity = time.Now() };
        if (isNew) ShowState();
    }

    /// <summary>Takes the status that SumUp's cloud told.</summary>
    public void NoteRead(CloudReaderStatus told)
    {
        if (!IsOfCloud || Reader is not { } reader) return;
        var next = Status.TakeRead(told, reader.Open?.Id);
        if (next == Status) return;
        Status = next;
        if (told.Firmware is { } firmware) Reader = reader with { Device = reader.Device with { Firmware = firmware } };
        ShowState();
    }

    /// <summary>Notes that its device is alive.</summary>
    public void NoteActivity() => Status = Status with { LastActivity = time.Now() };

    public ReaderSnapshot ToSnapshot(ReaderProfile profile) => new(id, profile, profile.StatusAt(time.Now()));

    /// <summary>The reader on the board of its store; null when it is deleted.</summary>
    public BoardLine? ToLine() =>
        Listed is { } profile && Reader is { } reader ? new(id, profile, StateOf(reader)) : null;

    /// <summary>Shows the reader's state on the board, and does not wait for the store.</summary>
    public void ShowState()
    {
        if (Listed is { } profile && Reader is { } reader) stores.ReportState(profile, StateOf(reader));
    }

    /// <summary>Shows the reader's whole line on the board.</summary>
    public Task ShowLine() => ToLine() is { } line ? stores.PublishLine(line) : Task.CompletedTask;

    /// <summary>A new activation knows nothing of what the cloud told before.</summary>
    private void BeginReads() => Status = Status with
    {
        Read = new(),
        Firmware = Status.Firmware is Device.UnknownFirmware ? null : Status.Firmware,
    };

    /// <summary>Whether the rules take it for online: the cloud itself decides at each start.</summary>
    private static bool IsInCloud(ReaderProfile profile) =>
        profile is { CloudReaderId: not null, Status: PairingStatus.Processing or PairingStatus.Paired };

    private LineState StateOf(Reader reader) => LineState.FromReader(reader, Status, here, LinkNode);
}

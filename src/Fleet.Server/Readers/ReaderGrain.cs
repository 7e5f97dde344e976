using Fleet.Core.Stores;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Options;
using StartCheckout = Fleet.Core.Readers.StartCheckout;
using Terminate = Fleet.Protocol.Terminate;

namespace Fleet.Server.Readers;

/// <summary>
/// The thin shell around <see cref="ReaderRules"/>: ask the rule, append, remember, tell.
/// </summary>
internal sealed partial class ReaderGrain(
    [PersistentState("reader")] IPersistentState<ReaderState> record,
    ILedger ledger,
    HeldSales sales,
    LinkClient links,
    WebhookSender webhooks,
    ChangePublisher changes,
    FleetMeter meter,
    ILocalSiloDetails here,
    IOptions<FleetOptions> options,
    TimeProvider time) : Grain, IReaderGrain
{
    private Reader? _reader;
    private Attachment? _link;
    private ReaderStatus _status = new();
    private StoreNotifier? _boards;
    private DateTimeOffset _goneSince;

    private string Id => this.GetPrimaryKeyString();

    private StoreNotifier Boards => _boards ??= new(GrainFactory, Id);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _status = record.State.LastStatus ?? new() { Firmware = record.State.Pairing?.Device.Firmware };
        _goneSince = time.Now(); // unless the device is found
        if (record.State.Pairing is not { } pairing) return;
        _reader = Remember(pairing, await ledger.LoadHead(Id, cancellationToken));
        _status = _status.WithoutOldScreen(_reader);
        await FindLink();
        if (_reader.Open is { } open) Tell(new ShowCheckout(Epoch, LinkFrames.ToDisplay(open, time.Now())));
        _ = Introduce(); // not waited for: the store may be asking this reader
    }

    public async Task<ReaderSnapshot> CreateReader(ReaderProfile pairing)
    {
        await record.SaveState(record.State with { Pairing = pairing });
        _reader = Remember(pairing, new(0, null));
        await Introduce();
        return Snapshot(pairing);
    }

    public Task<ReaderSnapshot?> GetReader(Reach caller) =>
        Task.FromResult(PairingOf(caller) is { } pairing ? Snapshot(pairing) : null);

    public async Task<ReaderSnapshot?> UpdateProfile(Reach caller, string? name, string? metadata)
    {
        if (PairingOf(caller) is not { } pairing) return null;
        var next = await Store(pairing with { Name = name ?? pairing.Name, Metadata = metadata ?? pairing.Metadata });
        await Introduce();
        return Snapshot(next);
    }

    /// <summary>
    /// First the new store knows of the reader, then the reader of its store, then the old one forgets it: whatever
    /// breaks in between leaves it on one board too many, which asks it and learns where it belongs.
    /// </summary>
    public async Task<Refusal?> MoveReader(Reach caller, string? store, IReadOnlyList<string>? tags)
    {
        if (PairingOf(caller) is not { } pairing) return Refusal.NotFound;
        var next = pairing with { Store = store ?? pairing.Store, Tags = tags ?? pairing.Tags };
        var moves = next.Store != pairing.Store;
        if (moves && !(caller.CoversReader(next) && await Boards.StoreOf(next).AdmitReader(Id)))
            return StoreRules.NoSuchStore;
        next = await Store(next);
        if (_reader is { } reader) _reader = reader with { Store = next.Store };
        await Introduce();
        if (moves) await Boards.LeaveStore(pairing);
        return null;
    }

    public async Task<bool> RemoveReader(Reach caller)
    {
        if (PairingOf(caller) is not { } pairing) return false;
        await End(pairing, PairingStatus.Removed);
        await Boards.LeaveStore(pairing);
        await GrainFactory.GetGrain<IDeviceGrain>(pairing.Device.Serial).ReleaseReader(Id);
        Tell(new Unpaired(Id));
        LoseLink();
        return true;
    }

    public async Task<StartReply> StartCheckout(
        Reach caller, StartCheckout ask, IdempotencyKey? key, AuditNote? note)
    {
        if (PairingOf(caller) is null || Look() is not { } reader) return StartReply.ForRefusal(Refusal.NotFound);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Decide, ask.Trace);
        var decision = ReaderRules.StartCheckout(reader, ask, options.Value.StrictSixtySeconds, time.Now());
        if (decision.Refusal is not null && await Repeated(key) is { } earlier) return earlier;
        var outcome = await Commit(decision, key, note, ask.SinglePayment);
        if (outcome is not AppendOutcome.Appended && await Repeated(key) is { } same) return same;
        var reply = (outcome, decision.Refusal) switch
        {
            (AppendOutcome.KeyTaken, _) => StartReply.ForRefusal(Refusal.KeyReused),
            (AppendOutcome.SaleTaken, _) => await sales.FindHolder(reader.MerchantCode, Id, ask)
                ?? StartReply.ForRefusal(Refusal.DuplicateTransaction(null)), // its checkout has just ended
            (_, { } refusal) => await sales.FindHolder(reader.MerchantCode, Id, ask)
                ?? StartReply.ForRefusal(await Confirm(refusal)),
            _ => new(ask.CheckoutId, ask.ClientTransactionId),
        };
        if (reply.Refusal is null && _reader?.Open is { } open)
            Tell(new ShowCheckout(Epoch, LinkFrames.ToDisplay(open, time.Now())));
        return reply;
    }

    public async Task<Refusal?> TerminateCheckout(Reach caller, Guid? expectedCheckoutId, AuditNote? note)
    {
        if (PairingOf(caller) is null || Look() is not { Open: var before } reader) return Refusal.NotFound;
        using var step = CheckoutTrace.BeginAbout(CheckoutTrace.Terminate, before?.Trace);
        var decision = ReaderRules.TerminateCheckout(reader, expectedCheckoutId, time.Now());
        await Commit(decision, key: null, note);
        if (decision.Refusal is { } refusal) return await Confirm(refusal);
        if (before is not null) Tell(new Terminate(Epoch, before.Id));
        return null;
    }

    public async Task<Refusal?> RefundPayment(Reach caller, RefundTransaction ask, IdempotencyKey? key, AuditNote? note)
    {
        if (_reader is not { } reader || reader.MerchantCode != caller.MerchantCode) return Refusal.NotFound;
        var decision = RefundRules.RefundPayment(await Named(ask.CheckoutId), ask, time.Now());
        if (decision.Refusal is not null && await Repeated(key) is { } earlier) return earlier.Refusal;
        if (await Commit(decision, key, note) is not AppendOutcome.Appended)
            return await Repeated(key) is { } same ? same.Refusal : Refusal.KeyReused;
        return decision.Refusal is { } refusal ? await Confirm(refusal) : null;
    }

    public async Task<Refusal?> RecordOutcome(Reach caller, RecordOutcome ask, AuditNote? note)
    {
        if (Look() is not { } reader || await Named(ask.CheckoutId) is not { } named) return Refusal.NotFound;
        if (!caller.CoversCheckout(named)) return Refusal.NotFound;
        using var step = CheckoutTrace.BeginAbout(CheckoutTrace.RecordOutcome, named.Trace);
        var decision = OutcomeRules.RecordOutcome(reader, named, ask, time.Now());
        await Commit(decision, key: null, note);
        if (decision.Refusal is { } refusal) return await Confirm(refusal);
        Tell(new Terminate(Epoch, named.Id)); // a device that is there after all takes no card any more
        return null;
    }

    public Task<ReaderStatus?> GetStatus(Reach caller) => Task.FromResult(
        PairingOf(caller) is not null && Look() is { } reader ? _status.ShownFor(reader) : null);

    public async Task<AttachReply?> AttachDevice(Attachment link, Device device)
    {
        var now = time.Now();
        if (record.State.Pairing is not { } pairing || _reader is not { } reader) return null;
        if (pairing.StatusAt(now) is PairingStatus.Expired or PairingStatus.Removed) return null;
        if (link.Epoch < Epoch) return new(pairing.Name, null, Superseded: true);
        if (_link is { } old && old.Link != link.Link) links.SupersedeLink(old.Link);
        if (pairing.Status is PairingStatus.Processing || pairing.Device != device)
            pairing = await Store(pairing with { Status = PairingStatus.Paired, Device = device });
        await Commit(ReaderRules.ExpireCheckout(reader, now));
        _link = link;
        _reader = (_reader ?? reader) with { Online = true, Device = device };
        _status = _status with { Firmware = device.Firmware, LastActivity = now };
        _ = Introduce(); // the pairing may be news, too
        return new(pairing.Name, _reader.Open, MerchantCode: pairing.MerchantCode);
    }

    public async Task DetachDevice(long epoch)
    {
        if (_link?.Epoch != epoch) return;
        LoseLink();
        await record.SaveState(record.State with { LastStatus = _status });
    }

    public async Task<bool?> GrantStart(long epoch, Guid checkoutId)
    {
        if (_reader is not { } reader || epoch != Epoch) return null;
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.DeviceStart, reader.Open?.Trace);
        var decision = ReaderRules.GrantStart(reader, checkoutId, time.Now());
        await Commit(decision);
        _status = _status with { LastActivity = time.Now() };
        if (decision.Refusal is { } refusal) await Confirm(refusal);
        return decision.Refusal is null;
    }

    public Task<bool?> ReportResult(Guid checkoutId, DeviceReport report) =>
        Take(checkoutId, (reader, named) => ReaderRules.TakeReport(reader, named, report, time.Now()));

    public Task<bool?> TestifyResult(Guid checkoutId, DeviceReport report, Witness witness) =>
        Take(checkoutId, (reader, named) => ReaderRules.TakeTestimony(reader, named, report, witness, time.Now()));

    private async Task<bool?> Take(Guid checkoutId, Func<Reader, Checkout?, Decision> decide)
    {
        if (_reader is not { } reader) return false;
        var named = await Named(checkoutId);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Result, named?.Trace);
        var decision = decide(reader, named);
        await Commit(decision);
        _status = _status with { LastActivity = time.Now() };
        return decision.Refusal is { Code: RefusalCode.ClaimTooSoon } ? null : decision.Refusal is null;
    }

    public Task ReportScreen(long epoch, string screen) =>
        Heard(epoch, _status with { Screen = screen, ScreenOf = _reader?.Open?.Id });

    public Task ReportActivity(long epoch) => Heard(epoch, _status);

    public Task ReportHealth(long epoch, DeviceHealth health) => Heard(epoch, _status with { Health = health });

    public async Task LoseDevice()
    {
        if (Listed is not { } pairing) return;
        await End(pairing, PairingStatus.Expired);
        LoseLink();
        await Introduce();
    }

    public async Task ExpireCheckout()
    {
        if (_reader is not { } reader) return;
        if (ReaderRules.ExpireCheckout(reader, time.Now()) is not { Events: [var end] } over) return;
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Expire, end.Checkout.Trace);
        await Commit(over);
    }

    public Task<BoardLine?> GetBoardLine() => Task.FromResult(
        Listed is { } pairing && Look() is { } reader ? LineOf(pairing, reader) : null);

    /// <summary>The pairing, unless it is over.</summary>
    private ReaderProfile? Listed =>
        record.State.Pairing is { Status: not PairingStatus.Removed } pairing ? pairing : null;

    private long Epoch => _link?.Epoch ?? 0;

    /// <summary>
    /// The pairing, if the caller's key reaches it. The activation of a guessed id is left to idle collection: one that
    /// leaves at once would turn the next guess into a rejection, and a 404 into a 503.
    /// </summary>
    private ReaderProfile? PairingOf(Reach caller) =>
        Listed is { } mine && caller.CoversReader(mine) ? mine : null;

    /// <summary>The checkout somebody named, if it was on this reader.</summary>
    private async Task<Checkout?> Named(Guid checkoutId) => _reader?.Latest is { } latest && latest.Id == checkoutId
        ? latest
        : await ledger.FindCheckout(Id, checkoutId, CancellationToken.None);

    /// <summary>The reader as it is now: a connection to a node that is out of the cluster is over.</summary>
    private Reader? Look()
    {
        if (_link is { } link && links.IsGone(link.Link)) LoseLink();
        return _reader;
    }

    private ReaderSnapshot Snapshot(ReaderProfile pairing) => new(Id, pairing, pairing.StatusAt(time.Now()));

    private Reader Remember(ReaderProfile pairing, LedgerHead head) => new()
    {
        Id = Id,
        MerchantCode = pairing.MerchantCode,
        Store = pairing.Store,
        Device = pairing.Device,
        Version = head.Version,
        Latest = head.Latest,
    };

    private async Task<ReaderProfile> Store(ReaderProfile pairing)
    {
        var next = pairing with { UpdatedAt = time.Now() };
        await record.SaveState(record.State with { Pairing = next });
        return next;
    }

    private async Task End(ReaderProfile pairing, PairingStatus status)
    {
        await Store(pairing with { Status = status });
        if (_reader is not { } reader) return;
        var before = reader.Open;
        await Commit(ReaderRules.EndPairing(reader, time.Now()));
        if (before is not null) Tell(new Terminate(Epoch, before.Id));
    }

    /// <summary>
    /// Stores what a rule decided, then remembers it, unless the idempotency key or the sale is taken. What is refused
    /// uses up no key and leaves no note, also when something overdue had to end first.
    /// </summary>
    private async Task<AppendOutcome> Commit(
        Decision decision, IdempotencyKey? key = null, AuditNote? note = null, bool singlePayment = false)
    {
        if (decision.Events.IsEmpty || _reader is not { } reader) return AppendOutcome.Appended;
        var asked = decision.Refusal is null;
        var about = asked && note is not null ? note with { Subject = $"{decision.Events[^1].Checkout.Id}" } : null;
        var outcome = await Append(
            new(Id, reader.Version, decision.Events, asked ? key : null, about, asked && singlePayment));
        if (outcome is AppendOutcome.Stale) throw Moved();
        if (outcome is not AppendOutcome.Appended) return outcome;
        _reader = Reader.ApplyEvents(_reader ?? reader, decision.Events);
        if (decision.Events.Any(WebhookEvent.FollowsFrom)) webhooks.Wake();
        meter.CountEvents(decision.Events);
        changes.PublishEvents(decision.Events);
        Push();
        return outcome;
    }

    /// <summary>
    /// A refusal rests on memory, and no append fences it. Before one is told the ledger is asked whether that memory
    /// is the latest: a node that was frozen would refuse for a checkout that is long over.
    /// </summary>
    private async Task<Refusal> Confirm(Refusal refusal)
    {
        await ConfirmMemory();
        return refusal;
    }

    private async Task ConfirmMemory()
    {
        var latest = await ledger.LoadHead(Id, CancellationToken.None);
        if (latest.Version != _reader?.Version) throw Moved();
    }

    /// <summary>This activation has lost its reader and leaves.</summary>
    private ReaderMovedException Moved()
    {
        DeactivateOnIdle();
        return new();
    }

    private async Task<AppendOutcome> Append(LedgerAppend append)
    {
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Commit);
        try
        {
            return await ledger.AppendEvents(append);
        }
        catch (LedgerUnavailableException)
        {
            DeactivateOnIdle(); // what is stored is unknown: the next call reads it
            throw;
        }
    }

    /// <summary>The answer that a request with this key got before, or null when the key is new.</summary>
    private async Task<StartReply?> Repeated(IdempotencyKey? key) => key is null
        ? null
        : StartReply.FromKeyUse(await ledger.FindKey(key.MerchantCode, key.Key, time.Now(), CancellationToken.None),
            key);

    private Task Heard(long epoch, ReaderStatus status)
    {
        if (epoch != Epoch) return Task.CompletedTask;
        var isNews = status != _status;
        _status = status with { LastActivity = time.Now() };
        if (isNews) Push();
        return Task.CompletedTask;
    }

    private BoardLine LineOf(ReaderProfile pairing, Reader reader) => new(Id, pairing, StateOf(reader));

    private LineState StateOf(Reader reader) =>
        LineState.FromReader(reader, _status, here.SiloAddress, _link?.Link.Silo);

    private void Push()
    {
        if (Listed is { } pairing && _reader is { } reader) Boards.ReportState(pairing, StateOf(reader));
    }

    private Task Introduce() => Listed is { } pairing && _reader is { } reader
        ? Boards.PublishLine(LineOf(pairing, reader))
        : Task.CompletedTask;
}

using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;

namespace Fleet.Server.Readers;

/// <summary>One reader, one call after the other: it asks the rule, appends, remembers, and reports.</summary>
internal sealed class ReaderGrain(
    [PersistentState("reader")] IPersistentState<ReaderState> record, ILedger ledger, HeldSales sales, LinkClient links,
    CommitNotifier committed, DoubtfulReaders doubtful, ILocalSiloDetails here, TimeProvider time) : Grain, IReaderGrain
{
    private StoreNotifier Stores => field ??= new(GrainFactory, this.GetPrimaryKeyString());

    private ReaderMemory Memory => field ??= new(this.GetPrimaryKeyString(), record, Stores, here.SiloAddress, time);

    private ReaderConnection Connection => field ??= new(Memory, links, GrainFactory, time);

    private ReaderJournal Journal => field ??= new(Memory, ledger, committed, doubtful, DeactivateOnIdle, time);

    private ReaderCheckouts Checkouts => field ??= new(Memory, Connection, Journal, sales, time);

    private ReaderDevice Device => field ??= new(Memory, Connection, Journal, time);

    private ReaderCloud Cloud => field ??= new(Memory, Journal, time);

    private ReaderRefunds Refunds => field ??= new(Memory, Journal, time);

    private CloudPairing Pairing => field ??= new(Memory, Journal, time);

    private ReaderRegistration Registration => field ??= new(Memory, Connection, Journal, Stores, GrainFactory, time);

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var connection = Connection; // its device counts as offline from now on, unless it is found
        if (Memory.Profile is not { } profile) return;
        Memory.Begin(profile, await ledger.LoadHead(Memory.Id, cancellationToken));
        await connection.Find();
        connection.ShowLatest();
        _ = Memory.ShowLine(); // not waited for: the store may be asking this reader
    }

    public Task<ReaderSnapshot> CreateReader(ReaderProfile pairing) => Registration.Create(pairing);

    public Task<ReaderSnapshot?> GetReader(Reach caller) => Task.FromResult(Memory.FindSnapshot(caller));

    public Task<ReaderSnapshot?> UpdateProfile(Reach caller, string? name, string? metadata) =>
        Registration.Update(caller, name, metadata);

    public Task<Refusal?> MoveReader(Reach caller, string? store, IReadOnlyList<string>? tags) =>
        Registration.Move(caller, store, tags);

    public Task<bool> RemoveReader(Reach caller) => Registration.Remove(caller);

    public Task<StartReply> StartCheckout(Reach caller, StartCheckout ask, IdempotencyKey? key, AuditNote? note) =>
        Checkouts.Start(caller, ask, key, note);

    public Task<Refusal?> TerminateCheckout(Reach caller, Guid? expectedCheckoutId, AuditNote? note) =>
        Checkouts.Terminate(caller, expectedCheckoutId, note);

    public Task<Refusal?> RefundPayment(Reach caller, RefundTransaction ask, IdempotencyKey? key, AuditNote? note) =>
        Checkouts.Refund(caller, ask, key, note);

    public Task<Refusal?> RecordOutcome(Reach caller, RecordOutcome ask, AuditNote? note) =>
        Checkouts.RecordOutcome(caller, ask, note);

    public Task<ReaderStatus?> GetStatus(Reach caller) =>
        Task.FromResult(Connection.FindReader(caller) is { } reader ? Memory.Status.ShownFor(reader) : null);

    public Task<AttachReply?> AttachDevice(Attachment link, Device device) => Registration.Attach(link, device);

    public Task DetachDevice(long epoch) => Device.Detach(epoch);

    public Task<bool?> GrantStart(long epoch, Guid checkoutId) => Device.GrantStart(epoch, checkoutId);

    public Task<bool?> ReportResult(Guid checkoutId, DeviceReport report) => Device.TakeReport(checkoutId, report);

    public Task<bool?> TestifyResult(Guid checkoutId, DeviceReport report, Witness witness) =>
        Device.TakeTestimony(checkoutId, report, witness);

    public Task ReportScreen(long epoch, string screen) => Device.TakeScreen(epoch, screen);

    public Task ReportActivity(long epoch) => Device.TakeActivity(epoch);

    public Task ReportHealth(long epoch, DeviceHealth health) => Device.TakeHealth(epoch, health);

    public Task<AttemptReply> BeginAttempt(Guid checkoutId) => Cloud.Begin(checkoutId);

    public Task<Checkout?> TakeAnswer(Guid checkoutId, Sorted answer) => Cloud.TakeAnswer(checkoutId, answer);

    public Task<Checkout?> TakeReads(Guid checkoutId, CloudReads reads) => Cloud.TakeReads(checkoutId, reads);

    public Task<RefundReply> BeginRefund(RefundOrder order) => Refunds.Begin(order);

    public Task<RefundReply> TakeRefundNews(RefundNews news) => Refunds.TakeNews(news);

    public Task TakeStatus(CloudReaderStatus status) => Pairing.TakeStatus(status);

    public Task<BindReply> BindToCloud(Reach caller, ReaderProfile wanted, bool dryRun) =>
        Pairing.Bind(caller, wanted, dryRun);

    public Task<bool> TakePairing(string cloudReaderId, PairingStatus status) =>
        Pairing.TakeWord(cloudReaderId, status);

    public Task<Refusal?> GiveUpDevice(Reach caller, bool dryRun) => Registration.GiveUpDevice(caller, dryRun);

    public Task LoseDevice() => Registration.LoseDevice();

    public Task ExpireCheckout() => Checkouts.Expire();

    public Task ConfirmLatest() => Memory.Reader is null ? Task.CompletedTask : Journal.ConfirmMemory();

    public Task<BoardLine?> GetBoardLine() => Task.FromResult(Connection.CheckLine());
}

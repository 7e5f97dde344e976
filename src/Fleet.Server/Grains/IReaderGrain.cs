using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Core.Transactions;
using Orleans.Concurrency;
using StartCheckout = Fleet.Core.Readers.StartCheckout;

namespace Fleet.Server.Grains;

/// <summary>
/// One reader. Its checkouts happen in the order of its calls. Calls of tills name how far their key reaches; beyond
/// that the reader does not exist. A call that changes a checkout has an audit note, which is saved with the change;
/// null when no caller requested the change.
/// </summary>
[Alias("fleet.reader-grain")]
internal interface IReaderGrain : IGrainWithStringKey
{
    // Calls of merchants.

    /// <summary>Makes the reader: a pairing that waits for its device to confirm.</summary>
    [Alias("create")]
    Task<ReaderSnapshot> CreateReader(ReaderProfile pairing);

    [Alias("get"), ReadOnly]
    Task<ReaderSnapshot?> GetReader(Reach caller);

    /// <summary>Renames the reader or replaces its metadata; null leaves a part as it is.</summary>
    [Alias("update")]
    Task<ReaderSnapshot?> UpdateProfile(Reach caller, string? name, string? metadata);

    /// <summary>
    /// Moves the reader to another store, or gives it other tags; null leaves a part as it is. The result is null when
    /// that is done, or was done before.
    /// </summary>
    [Alias("move")]
    Task<Refusal?> MoveReader(Reach caller, string? store, IReadOnlyList<string>? tags);

    /// <summary>Ends the pairing; false when there is no such reader.</summary>
    [Alias("remove")]
    Task<bool> RemoveReader(Reach caller);

    [Alias("start-checkout")]
    Task<StartReply> StartCheckout(Reach caller, StartCheckout ask, IdempotencyKey? key, AuditNote? note);

    /// <summary>Ends the open checkout, or asks the device to end it; null when that is done or under way.</summary>
    [Alias("terminate")]
    Task<Refusal?> TerminateCheckout(Reach caller, Guid? expectedCheckoutId, AuditNote? note);

    /// <summary>
    /// Refunds a payment of this reader, also when the reader is deleted; null when that is recorded.
    /// </summary>
    [Alias("refund")]
    Task<Refusal?> RefundPayment(Reach caller, RefundTransaction ask, IdempotencyKey? key, AuditNote? note);

    /// <summary>
    /// Records how a payment ended when its device cannot report it any more, also when the reader is deleted; null
    /// when that is recorded.
    /// </summary>
    [Alias("record-outcome")]
    Task<Refusal?> RecordOutcome(Reach caller, RecordOutcome ask, AuditNote? note);

    [Alias("get-status"), ReadOnly]
    Task<ReaderStatus?> GetStatus(Reach caller);

    // Calls of its device.

    /// <summary>Takes a connection as the device's newest; null when the pairing is over.</summary>
    [Alias("attach")]
    Task<AttachReply?> AttachDevice(Attachment link, Device device);

    [Alias("detach")]
    Task DetachDevice(long epoch);

    /// <summary>
    /// Asks whether the device may take a card. True once the start grant is committed; null when another connection is
    /// the device's newest, and this one must not be answered.
    /// </summary>
    [Alias("grant")]
    Task<bool?> GrantStart(long epoch, Guid checkoutId);

    /// <summary>
    /// Reports how a payment ended. True when that is committed, now or before; false when there is no such checkout;
    /// null when it is not saved now, and the device must report it again later.
    /// </summary>
    [Alias("report")]
    Task<bool?> ReportResult(Guid checkoutId, DeviceReport report);

    /// <summary>The same about a checkout of this reader, from a device that is paired as another reader now.</summary>
    [Alias("testify")]
    Task<bool?> TestifyResult(Guid checkoutId, DeviceReport report, Witness witness);

    /// <summary>Reports that the device answers pings, and nothing else.</summary>
    [Alias("hear")]
    Task ReportActivity(long epoch);

    [Alias("show")]
    Task ReportScreen(long epoch, string screen);

    [Alias("feel")]
    Task ReportHealth(long epoch, DeviceHealth health);

    // Calls of its link with SumUp's cloud.

    /// <summary>Asks whether a checkout may be sent to the cloud, and commits that it is.</summary>
    [Alias("begin-attempt")]
    Task<AttemptReply> BeginAttempt(Guid checkoutId);

    /// <summary>Reports the sorted answer of the cloud; returns the checkout after that.</summary>
    [Alias("take-answer")]
    Task<Checkout?> TakeAnswer(Guid checkoutId, Sorted answer);

    /// <summary>Reports what was read of the cloud; returns the checkout after that.</summary>
    [Alias("take-reads")]
    Task<Checkout?> TakeReads(Guid checkoutId, CloudReads reads);

    /// <summary>
    /// Asks whether a refund may be sent to the cloud, and commits that it is; also when the reader is deleted.
    /// </summary>
    [Alias("begin-refund")]
    Task<RefundReply> BeginRefund(RefundOrder order);

    /// <summary>
    /// Reports the answer to a refund, or what was read of the payment. The cloud may have to be asked again.
    /// </summary>
    [Alias("take-refund-news")]
    Task<RefundReply> TakeRefundNews(RefundNews news);

    /// <summary>Takes the status that the cloud told of the reader.</summary>
    [Alias("take-status")]
    Task TakeStatus(CloudReaderStatus status);

    // Calls of Fleet itself.

    /// <summary>
    /// Makes the reader one of SumUp's cloud, or gives it a new pairing there. It is made when it is not there yet; two
    /// calls at once make one reader.
    /// </summary>
    /// <param name="caller">What the key that pairs reaches.</param>
    /// <param name="wanted">The profile that it has as a new reader, with the pairing.</param>
    /// <param name="dryRun">Whether to decide only, and change nothing.</param>
    [Alias("bind-cloud")]
    Task<BindReply> BindToCloud(Reach caller, ReaderProfile wanted, bool dryRun);

    /// <summary>
    /// Takes what the cloud's list says of a pairing: that its device has confirmed it, or that it is over. False when
    /// that changes nothing, as when the reader has another pairing by now.
    /// </summary>
    [Alias("take-pairing")]
    Task<bool> TakePairing(string cloudReaderId, PairingStatus status);

    /// <summary>Ends the pairing so that the device can be paired anew, or returns why that is not allowed.</summary>
    /// <param name="caller">What the key that pairs reaches.</param>
    /// <param name="dryRun">Whether to decide only, and change nothing.</param>
    [Alias("give-up-device")]
    Task<Refusal?> GiveUpDevice(Reach caller, bool dryRun);

    /// <summary>Reports that the device was paired anew, so that this pairing is over.</summary>
    [Alias("lose")]
    Task LoseDevice();

    /// <summary>
    /// Ends the open checkout if its window is over; reminds the link with SumUp's cloud of it if it is not.
    /// </summary>
    [Alias("expire")]
    Task ExpireCheckout();

    /// <summary>
    /// Asks the ledger whether this activation knows the latest; the one that follows shows its device what was saved.
    /// </summary>
    /// <exception cref="ReaderMovedException">It does not, and leaves.</exception>
    [Alias("confirm-latest")]
    Task ConfirmLatest();

    /// <summary>The reader on the board of its store; null when it is deleted.</summary>
    [Alias("line"), ReadOnly, ResponseTimeout("00:00:02")]
    Task<BoardLine?> GetBoardLine();
}

/// <summary>A reader as a merchant sees it.</summary>
[GenerateSerializer, Immutable, Alias("fleet.reader-snapshot")]
internal sealed record ReaderSnapshot(
    [property: Id(0)] string Id, [property: Id(1)] ReaderProfile Pairing, [property: Id(2)] PairingStatus Status);

/// <summary>The ids of the checkout, of this request or of the earlier one that it repeats; or the refusal.</summary>
/// <param name="CheckoutId">Its id.</param>
/// <param name="ClientTransactionId">The id of its transaction.</param>
/// <param name="Refusal">Why there is none.</param>
/// <param name="Chosen">The reader it runs on, and why; null for a repeat, which did not choose again.</param>
/// <param name="AwaitOn">
/// The reader whose link with SumUp's cloud must be asked first, because the cloud may refuse the checkout; null when
/// it is certain that it was taken.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.start-reply")]
internal sealed record StartReply(
    [property: Id(0)] Guid CheckoutId,
    [property: Id(1)] Guid ClientTransactionId,
    [property: Id(2)] Refusal? Refusal = null,
    [property: Id(3)] ChosenReader? Chosen = null,
    [property: Id(4)] string? AwaitOn = null)
{
    /// <summary>The answer to a request whose key was used before; null when it was not.</summary>
    public static StartReply? FromKeyUse(KeyUse? used, IdempotencyKey key) => used switch
    {
        null or { WasRefused: true } => null,
        _ when IdempotencyRules.CheckRepeat(used.Fingerprint, key.Fingerprint) is { } refusal => ForRefusal(refusal),
        _ => new(used.CheckoutId, used.ClientTransactionId, AwaitOn: used.AwaitOn),
    };

    /// <summary>The answer to a request for a checkout that exists.</summary>
    public static StartReply FromCheckout(Checkout held) =>
        new(held.Id, held.ClientTransactionId, AwaitOn: CloudRules.AwaitsAnswer(held) ? held.ReaderId : null);

    public static StartReply ForRefusal(Refusal refusal) => new(Guid.Empty, Guid.Empty, refusal);
}

/// <summary>What a reader made of a pairing in SumUp's cloud.</summary>
/// <param name="Kind">What the pairing is for it.</param>
/// <param name="Reader">The reader; null when it is over, or was not made.</param>
/// <param name="Refusal">Why it does not take the pairing.</param>
[GenerateSerializer, Immutable, Alias("fleet.bind-reply")]
internal sealed record BindReply(
    [property: Id(0)] Adoption Kind, [property: Id(1)] ReaderSnapshot? Reader = null,
    [property: Id(2)] Refusal? Refusal = null);

/// <summary>The answer to the question whether a checkout may be sent to SumUp's cloud.</summary>
/// <param name="Checkout">The checkout as it is saved; null when this reader has none of this id, or no cloud.</param>
/// <param name="MaySend">Whether the caller, and only this one, may send it.</param>
[GenerateSerializer, Immutable, Alias("fleet.attempt-reply")]
internal sealed record AttemptReply([property: Id(0)] Checkout? Checkout, [property: Id(1)] bool MaySend);

/// <summary>What a device that connected should show.</summary>
/// <param name="Name">The name of its reader.</param>
/// <param name="Open">The open checkout, or nothing.</param>
/// <param name="Superseded">Whether a newer connection of the device was quicker, so that this one is over.</param>
/// <param name="MerchantCode">The reader's merchant; null from a node of an older version.</param>
[GenerateSerializer, Immutable, Alias("fleet.attached")]
internal sealed record AttachReply(
    [property: Id(0)] string Name, [property: Id(1)] Checkout? Open, [property: Id(2)] bool Superseded = false,
    [property: Id(3)] string? MerchantCode = null);

/// <summary>The status that a device reported, as far as it is known.</summary>
[GenerateSerializer, Immutable, Alias("fleet.device-health")]
public sealed record DeviceHealth(
    [property: Id(0)] double? BatteryLevel,
    [property: Id(1)] int? BatteryTemperature,
    [property: Id(2)] string? ConnectionType);

/// <summary>A reader's live status, or its last one when it is offline.</summary>
[GenerateSerializer, Immutable, Alias("fleet.reader-status")]
public sealed record ReaderStatus
{
    [Id(0)] public bool Online { get; init; }
    [Id(1)] public string? Screen { get; init; }
    [Id(2)] public DeviceHealth? Health { get; init; }
    [Id(3)] public string? Firmware { get; init; }
    [Id(4)] public DateTimeOffset? LastActivity { get; init; }

    /// <summary>The checkout that was open when the device reported its screen; null for none.</summary>
    [Id(5)] public Guid? ScreenOf { get; init; }

    /// <summary>
    /// What SumUp's cloud told last about whether it reaches the reader; null for a device of Fleet's own, whose
    /// connection tells it at once.
    /// </summary>
    [Id(6)] public PresenceRead? Read { get; init; }

    /// <summary>How often its device connected on the last days; a device that is paired anew goes on.</summary>
    [Id(7)] public IReadOnlyList<DayCount> Connections { get; init; } = [];

    /// <summary>Whether it is online now, as far as is known; null when that is not known.</summary>
    public bool? OnlineAt(DateTimeOffset now) => Read is null || !Online ? Online : PresenceRules.OnlineAt(Read, now);

    /// <summary>The status after the cloud told it.</summary>
    /// <param name="told">What it told. What is older than what is known changes nothing.</param>
    /// <param name="open">The checkout that is open.</param>
    public ReaderStatus TakeRead(CloudReaderStatus told, Guid? open) => Read is { At: { } at } && at > told.ReadAt
        ? this
        : this with
        {
            Read = new(told.Online, told.ReadAt),
            Screen = told.State,
            ScreenOf = open,
            Health = new(told.BatteryLevel ?? Health?.BatteryLevel,
                told.BatteryTemperature ?? Health?.BatteryTemperature, told.ConnectionType ?? Health?.ConnectionType),
            Firmware = told.Firmware ?? Firmware,
            LastActivity = told.LastActivity ?? (told.Online ? told.ReadAt : LastActivity),
        };

    /// <summary>
    /// The part that is still true: a screen that belongs to an ended checkout says nothing about now.
    /// </summary>
    public ReaderStatus WithoutOldScreen(Reader reader) =>
        ScreenOf is null || ScreenOf == reader.Open?.Id ? this : this with { Screen = null, ScreenOf = null };

    /// <summary>The status in the form in which callers get it.</summary>
    public ReaderStatus ShownFor(Reader reader)
    {
        var last = Read is null ? this : WithoutOldScreen(reader); // a device tells the end of a checkout by itself
        var screen = ToldScreen.ChooseScreen(last.Screen, last.ScreenOf, reader.Open);
        return last.Online == reader.Online && last.Screen == screen
            ? last
            : last with { Online = reader.Online, Screen = screen };
    }
}

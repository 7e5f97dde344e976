using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;

namespace Fleet.Server.Grains;

/// <summary>A reader on the board of its store.</summary>
[GenerateSerializer, Immutable, Alias("fleet.board-line")]
internal sealed record BoardLine(
    [property: Id(0)] string ReaderId, [property: Id(1)] ReaderProfile Pairing, [property: Id(2)] LineState State)
{
    /// <summary>The reader in SumUp's cloud; null for a device of Fleet's own.</summary>
    public CloudReader? Cloud => Pairing.CloudReaderId is { } id ? new(ReaderId, id) : null;

    /// <summary>Its firmware; <see cref="Device.UnknownFirmware"/> when the cloud did not tell it.</summary>
    public string Firmware => (Cloud is null ? null : State.Status.Firmware) ?? Pairing.Device.Firmware;

    /// <summary>
    /// Whether it can take a checkout, as far as the board knows. A reader of the cloud of which nothing is known
    /// counts as free: the cloud itself decides at the start.
    /// </summary>
    public Presence PresenceAt(DateTimeOffset now) => this switch
    {
        _ when Pairing.StatusAt(now) is not PairingStatus.Paired || !State.Status.Online => Presence.Offline,
        { State.Open: not null } => Presence.Busy,
        _ => State.Status.OnlineAt(now) is false ? Presence.Offline : Presence.Free,
    };

    /// <summary>Whether it counts as free only because it is not known whether the cloud reaches it.</summary>
    public bool IsUnknownAt(DateTimeOffset now) =>
        PresenceAt(now) is Presence.Free && State.Status.OnlineAt(now) is null;

    /// <summary>Whether the cloud's word about it has at least this age, or is missing.</summary>
    public bool IsToBeRead(TimeSpan age, DateTimeOffset now) =>
        Cloud is not null && Pairing.StatusAt(now) is PairingStatus.Paired
        && PresenceRules.IsOlder(State.Status.Read ?? new(), age, now);

    public Candidate ToCandidate(Presence presence) => new(
        ReaderId, presence, State.LastUsed, Pairing.Tags, Firmware, State.Status.Health?.BatteryLevel);
}

/// <summary>The state of a reader: the part of its line that changes with every payment.</summary>
/// <param name="Version">
/// Entries of the reader in the ledger. A state with fewer entries than the known one is old, and is ignored.
/// </param>
/// <param name="Status">Whether it is connected, and what its device reported.</param>
/// <param name="Open">The checkout it has.</param>
/// <param name="LastUsed">When it accepted its last checkout; null for never.</param>
/// <param name="Node">The node on which the reader is active.</param>
/// <param name="LinkNode">Where its device is connected; null when it is not.</param>
/// <param name="Terminated">
/// The last checkout it accepted, if that was terminated; null otherwise, and from a node of an older version.
/// </param>
/// <param name="Trouble">What is wrong between it and SumUp's cloud; null for nothing.</param>
[GenerateSerializer, Immutable, Alias("fleet.line-state")]
internal sealed record LineState(
    [property: Id(0)] long Version, [property: Id(1)] ReaderStatus Status, [property: Id(2)] OpenCheckout? Open,
    [property: Id(3)] DateTimeOffset? LastUsed, [property: Id(4)] SiloAddress Node,
    [property: Id(5)] SiloAddress? LinkNode, [property: Id(6)] Guid? Terminated = null,
    [property: Id(7)] ReaderTrouble? Trouble = null)
{
    public static LineState FromReader(
        Reader reader, ReaderStatus status, SiloAddress node, SiloAddress? linkNode) => new(
        reader.Version, status.ShownFor(reader), OpenCheckout.FromCheckout(reader.Open),
        reader.Latest?.AcceptedAt, node, linkNode, reader.Terminated, ReaderTrouble.Find(reader));
}

/// <summary>The open checkout of a reader.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">How far it is.</param>
/// <param name="Amount">What is to be charged.</param>
/// <param name="AcceptedAt">When it was accepted.</param>
/// <param name="Doubt">Why it is not known what SumUp's cloud did; null when it is.</param>
/// <param name="DoubtSince">Since when.</param>
/// <param name="Deadline">When Fleet ends it by itself; null for never.</param>
/// <param name="EndAskedAt">When its device was asked to end it; null when it was not.</param>
[GenerateSerializer, Immutable, Alias("fleet.open-checkout")]
internal sealed record OpenCheckout(
    [property: Id(0)] Guid Id, [property: Id(1)] CheckoutState State, [property: Id(2)] Money Amount,
    [property: Id(3)] DateTimeOffset AcceptedAt, [property: Id(4)] Doubt? Doubt = null,
    [property: Id(5)] DateTimeOffset? DoubtSince = null, [property: Id(6)] DateTimeOffset? Deadline = null,
    [property: Id(7)] DateTimeOffset? EndAskedAt = null)
{
    public static OpenCheckout? FromCheckout(Checkout? open) => open is null
        ? null
        : new(open.Id, open.State, open.Terms.Charge, open.AcceptedAt, open.Cloud?.Doubt, open.Cloud?.DoubtSince,
            open.DeadlineAt, open.TerminateRequested ? open.EndAskedAt ?? open.UpdatedAt : null);
}

/// <summary>A board, or the changes of it.</summary>
/// <param name="Place">Give this back to get later changes.</param>
/// <param name="Whole">All lines are here; otherwise only those that changed.</param>
/// <param name="Lines">The readers.</param>
/// <param name="Silent">Readers that have not reported their state yet.</param>
/// <param name="Queue">The tills that wait for a reader, the first one first.</param>
[GenerateSerializer, Immutable, Alias("fleet.board")]
internal sealed record Board(
    [property: Id(0)] BoardPlace Place, [property: Id(1)] bool Whole, [property: Id(2)] IReadOnlyList<BoardLine> Lines,
    [property: Id(3)] IReadOnlyList<string> Silent, [property: Id(4)] IReadOnlyList<Waiting> Queue);

/// <summary>A version of a board. Versions begin anew with each activation of the store.</summary>
[GenerateSerializer, Immutable, Alias("fleet.board-place")]
internal sealed record BoardPlace([property: Id(0)] Guid Board, [property: Id(1)] long Version);

/// <summary>A till that waits for a reader. The checkout does not exist yet: nothing is saved.</summary>
/// <param name="CheckoutId">The id it will have.</param>
/// <param name="Origin">The till.</param>
/// <param name="Since">When it began to wait.</param>
/// <param name="Until">When it stops waiting.</param>
[GenerateSerializer, Immutable, Alias("fleet.waiting")]
internal sealed record Waiting(
    [property: Id(0)] Guid CheckoutId, [property: Id(1)] string? Origin, [property: Id(2)] DateTimeOffset Since,
    [property: Id(3)] DateTimeOffset Until);

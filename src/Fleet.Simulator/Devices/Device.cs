using Fleet.Protocol;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator.Devices;

/// <summary>
/// A device from power on to power off: its pairing, the frames it receives, and its reactions. Nothing here waits for
/// a person or the network, so a ping or a terminate never waits for a payment.
/// </summary>
internal sealed class Device : IAsyncDisposable
{
    /// <summary>How long an unpaired device waits for Fleet to accept its last results.</summary>
    public static readonly TimeSpan LastWordsLimit = TimeSpan.FromSeconds(5);

    private readonly VirtualReaderOptions _options;
    private readonly Journal _journal;
    private readonly TestSetup _setup;
    private readonly DeviceEvents _events;
    private readonly Wire _wire = new();
    private readonly Reports _reports;
    private readonly Slot _slot;
    private readonly Hand _hand;
    private readonly Turns _turns;
    private volatile ReaderSnapshot _snapshot;

    private string? _name, _code, _trouble;

    /// <summary>The version that the last hello named.</summary>
    private string? _toldFirmware;

    /// <summary>The code shown last: it proves that a pairing made meanwhile was for this device.</summary>
    private string? _shownCode;

    /// <summary>When the pairing is forgotten even if results are left; null while the device is paired.</summary>
    private TimeSpan? _leaveAt;

    /// <param name="options">What the device is.</param>
    /// <param name="setup">What a test has set on it.</param>
    /// <param name="journal">What it remembers from earlier runs.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="events">Who is told what happens to it.</param>
    public Device(
        VirtualReaderOptions options, TestSetup setup, Journal journal, TimeProvider clock, DeviceEvents events)
    {
        (_options, _setup, _journal, _events) = (options, setup, journal, events);
        _reports = new(journal, _wire, setup.Faults, clock);
        var customers = new Customers(setup);
        _slot = new(_wire, _reports, customers);
        _hand = new(_wire, _slot, customers, setup, _reports, journal);
        _snapshot = TakeSnapshot();
        _turns = new(clock, AdvanceTime, events.Changed, events.Broken);
    }

    /// <summary>The visible state of the device after its last turn.</summary>
    public ReaderSnapshot Snapshot => _snapshot;

    /// <summary>A connection was opened: sends the hello.</summary>
    public void AttachLink(Outbox link) => _turns.TakeTurn(_ =>
    {
        _trouble = null;
        _wire.AttachLink(link);
        SayHello();
    });

    /// <summary>The connection was closed. A payment goes on; a pairing code becomes invalid.</summary>
    public void DetachLink() => _turns.TakeTurn(_ =>
    {
        _wire.DetachLink();
        _hand.Forget();
        (_code, _leaveAt) = (null, null);
    });

    /// <summary>Notes why there is no connection.</summary>
    public void NoteTrouble(string trouble) => _turns.TakeTurn(_ => _trouble = trouble);

    /// <summary>Handles a received frame.</summary>
    public void TakeFrame(ServerFrame frame) => _turns.TakeTurn(now => ObeyFrame(frame, now));

    /// <summary>Power off: after this nothing is shown, charged or written.</summary>
    public ValueTask DisposeAsync() => _turns.DisposeAsync();

    private void ObeyFrame(ServerFrame frame, TimeSpan now)
    {
        switch (frame)
        {
            case PairingCode shown when _journal.ReaderId is null: _code = _shownCode = shown.Code; break;
            case Paired paired when _journal.ReaderId is null: ConfirmPairing(paired); break;
            case Unpaired unpaired when unpaired.ReaderId == _journal.ReaderId: BeginLeaving(now); break;
            case Welcome welcome when _journal.ReaderId is not null
                && _leaveAt is null:
                TakeWelcome(welcome, now); break;
            case ShowCheckout show when IsWork(show.Epoch): _slot.ShowCheckout(show.Checkout, now); break;
            case Granted granted when IsWork(granted.Epoch): _slot.GrantStart(granted.CheckoutId, now); break;
            case Terminate end when _wire.IsCurrent(end.Epoch): _slot.TerminateCheckout(end.CheckoutId, now); break;
            case Ack ack when _wire.IsCurrent(ack.Epoch): _journal.ForgetResult(ack.CheckoutId); break;
            case Configure configure when IsWork(configure.Epoch): ObeySettings(configure); break;
            case Act act when IsWork(act.Epoch): _hand.Obey(act, now); break;
            case Refused refused when _wire.IsCurrent(refused.Epoch):
                if (refused.Of == Refused.OfStart) _slot.RefuseStart(refused.CheckoutId, now);
                else _journal.SetResultAside(refused.CheckoutId);
                break;
        }
    }

    /// <summary>Whether a frame is accepted: only in the present epoch, and not when the pairing is over.</summary>
    private bool IsWork(long epoch) => _wire.IsCurrent(epoch) && _leaveAt is null;

    private void SayHello()
    {
        _toldFirmware = _setup.Firmware;
        var hasMenuLock = DeviceMenu.HasLock(_setup.Firmware);
        _wire.MenuLock = hasMenuLock ? _journal.MenuLock ?? DeviceMenu.Open : null;
        _wire.SendHello(new(_options.Serial, _options.Model, _setup.Firmware, _journal.ReaderId, _journal.Credential,
            _journal.ReaderId is null ? _shownCode : null,
            Helpers: _options.Model == VirtualReaderOptions.VirtualSolo ? true : null,
            Settings: hasMenuLock ? true : null));
    }

    /// <summary>Applies settings, which are saved to disk before the answer; or refuses them.</summary>
    private void ObeySettings(Configure configure)
    {
        var refused = DeviceMenu.Change(_wire.MenuLock, configure.MenuLock, out var next);
        if (refused is null)
        {
            _journal.KeepMenuLock(next);
            _wire.MenuLock = next;
        }
        _wire.SendFrame(epoch => new Configured(epoch, configure.ConfigureId, refused));
        if (refused is null) _wire.TellVitals(_setup.Vitals);
    }

    /// <summary>Confirms the pairing with a second hello; the credential is saved to disk before that.</summary>
    private void ConfirmPairing(Paired paired)
    {
        _journal.KeepPairing(paired.ReaderId, paired.Credential);
        (_name, _code, _shownCode) = (paired.Name, null, null);
        SayHello();
    }

    private void TakeWelcome(Welcome welcome, TimeSpan now)
    {
        _name = welcome.Name;
        _wire.TakeWelcome(welcome.Epoch);
        _reports.TellAll(now);
        _wire.TellVitals(_setup.Vitals);
        _wire.TellScreen();
        _slot.MatchOrder(welcome.Checkout, now);
    }

    private void BeginLeaving(TimeSpan now)
    {
        if (_leaveAt is not null) return;
        _leaveAt = now + LastWordsLimit;
        _wire.LastWords();
        _reports.TellAll(now);
        _slot.EndBeforeUnpair(now);
    }

    private void LeaveReader()
    {
        (_leaveAt, _name) = (null, null);
        _journal.DropPairing();
        SayHello();
    }

    /// <summary>Does what is due, and returns when something is due next.</summary>
    private TimeSpan AdvanceTime(TimeSpan now)
    {
        _slot.AdvanceTime(now);
        if (_reports.Due <= now) _reports.TellAll(now);
        // An authorisation cannot be aborted, and its result still belongs to this pairing.
        if (_leaveAt is not null && _slot.IsAuthorising) _leaveAt = now + LastWordsLimit;
        else if (_leaveAt is { } leaveAt && (leaveAt <= now || !_reports.Any)) LeaveReader();
        _hand.AdvanceTime(now);
        if (HasNewFirmware) (_toldFirmware, _setup.Faults.CutFor) = (_setup.Firmware, TimeSpan.Zero);
        if (_setup.Faults.TakeCut() is { } cut) _events.CutLink(cut);
        if (_setup.Faults.TakeOff() is { } off) SwitchOff(off);
        _snapshot = TakeSnapshot();
        return new[] { _slot.Due, _reports.Due, _hand.Due, _leaveAt ?? TimeSpan.MaxValue }.Min();
    }

    /// <summary>Whether it is to connect again, to name another version; a payment is not disturbed by that.</summary>
    private bool HasNewFirmware =>
        _wire.Welcomed && _toldFirmware != _setup.Firmware && _slot.Payment is null && !_reports.Any;

    /// <summary>Nothing more is sent, shown, charged or written in this life of the device.</summary>
    private void SwitchOff(TimeSpan off)
    {
        _wire.DetachLink();
        _turns.EndTurns();
        _events.PowerOff(off);
    }

    private ReaderSnapshot TakeSnapshot() => new()
    {
        Serial = _options.Serial,
        ReaderId = _journal.ReaderId,
        Name = _name,
        PairingCode = _code,
        Connected = _wire.Connected,
        Welcomed = _wire.Welcomed,
        Screen = _wire.Screen,
        Checkout = _slot.Checkout is { } checkout ? Display.DescribeOrder(checkout) : null,
        LastOutcome = _slot.LastOutcome,
        Charges = _journal.Charges.Count,
        Trouble = _trouble,
    };
}

/// <summary>Who is told what happens to a device.</summary>
/// <param name="Changed">Called when <see cref="Device.Snapshot"/> may have changed.</param>
/// <param name="Broken">Called with an error in a turn that no frame caused, such as a full disk.</param>
/// <param name="CutLink">Ends the connection, and dials again after this time.</param>
/// <param name="PowerOff">Ends this life of the device; the next one begins after this time.</param>
internal sealed record DeviceEvents(
    Action Changed, Action<Exception> Broken, Action<TimeSpan> CutLink, Action<TimeSpan> PowerOff);

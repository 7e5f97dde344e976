using Fleet.Protocol;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator.Devices;

/// <summary>The device's end of the link: which connection, which epoch, and what the screen shows.</summary>
internal sealed class Wire
{
    private Outbox? _link;

    /// <summary>The epoch of the last welcome on this connection; 0 before one.</summary>
    private long _epoch;

    public bool Connected => _link is not null;

    /// <summary>Whether results may be sent now.</summary>
    public bool Open { get; private set; }

    /// <summary>Whether the device is connected as its reader, and may send what only a reader sends.</summary>
    public bool Welcomed { get; private set; }

    /// <summary>What the screen shows, one of <see cref="Screens"/>.</summary>
    public string Screen { get; private set; } = Screens.Idle;

    /// <summary>How the menu is locked; null for a device without that.</summary>
    public MenuLockSettings? MenuLock { get; set; }

    /// <summary>Whether a frame belongs to the present epoch.</summary>
    public bool IsCurrent(long epoch) => Open && epoch == _epoch;

    public void AttachLink(Outbox link) => _link = link;

    public void DetachLink() => (_link, Open, Welcomed, _epoch) = (null, false, false, 0);

    /// <summary>Sends the hello with which a connection begins.</summary>
    public void SendHello(Hello hello)
    {
        (Open, Welcomed, _epoch) = (false, false, 0);
        _link?.PostFrame(hello);
    }

    /// <summary>Takes the epoch of a welcome.</summary>
    public void TakeWelcome(long epoch) => (Open, Welcomed, _epoch) = (true, true, epoch);

    /// <summary>The pairing is over: only results are still sent, in the epoch of this connection or 0.</summary>
    public void LastWords() => (Open, Welcomed) = (true, false);

    /// <summary>Sends a frame, if there is a connection.</summary>
    public bool SendFrame(Func<long, DeviceFrame> frame)
    {
        if (_link is not { } link || !Open) return false;
        link.PostFrame(frame(_epoch));
        return true;
    }

    /// <summary>Changes the screen, and reports it.</summary>
    public void ChangeScreen(string screen)
    {
        if (Screen == screen) return;
        Screen = screen;
        TellScreen();
    }

    /// <summary>Reports battery, network and menu lock.</summary>
    public void TellVitals(Vitals vitals)
    {
        if (Welcomed) SendFrame(epoch => vitals.ToFrame(epoch) with { MenuLock = MenuLock });
    }

    public void TellScreen()
    {
        if (Welcomed) SendFrame(epoch => new ScreenState(epoch, Screen));
    }
}

using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;

namespace Fleet.Server.Links;

/// <summary>
/// Turns the frames of one connected device into calls to grains, and their answers into frames. A grain never waits
/// for a device: whatever the device does next is a new call.
/// </summary>
internal sealed class DeviceSession(
    LinkConnection connection, LinkAddress here, LinkConnections connections, LinkClient links, IGrainFactory grains,
    ILedger ledger, PasscodeSeal passcodes, TimeProvider time) : IDisposable
{
    /// <summary>How long a new connection has to send its hello.</summary>
    private static readonly TimeSpan HelloWithin = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Hellos without a proof that a connection may send, and with its codes, half an hour of waiting to be paired.
    /// </summary>
    private const int MaxUnproven = 6;

    /// <summary>How often a reader is told that a device is alive that only answers pings.</summary>
    private static readonly TimeSpan HeardEvery = TimeSpan.FromSeconds(30);

    /// <summary>One frame at a time; the renewal of a code counts as a frame.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    private ITimer? _helloDeadline = time.CreateTimer(
        static waiting => ((LinkConnection?)waiting)?.Close(Link.ProtocolError, "no hello in time"), connection,
        HelloWithin, Timeout.InfiniteTimeSpan);

    private Device? _device;
    private IReaderGrain? _reader;
    private string? _merchantCode;
    private long _epoch;
    private Attachment? _attached;
    private ITimer? _renewal;
    private long _heardAt;
    private int _unproven;

    /// <summary>Handles one frame. A frame that is not allowed here ends the connection and says why.</summary>
    public async Task HandleFrame(DeviceFrame frame)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            await TakeFrame(frame);
        }
        finally
        {
            _turn.Release();
        }
    }

    private Task TakeFrame(DeviceFrame frame) => frame switch
    {
        not Hello when _device is null => RefuseFrame("say hello first"),
        Pong => ReportActivity(),
        Hello hello => GreetDevice(hello),
        Start start => WithReader(start.Epoch, reader => GrantStart(reader, start)),
        Result result => ReportOf(result) is { } report
            ? ReportResult(result.Epoch, result.CheckoutId, report)
            : RefuseFrame("unknown outcome or reason"),
        Terminated ended =>
            ReportResult(ended.Epoch, ended.CheckoutId, new(CheckoutState.Cancelled, Reason.Terminated)),
        TooLate => Task.CompletedTask, // the result that follows is what counts
        ScreenState screen => Screens.All.Contains(screen.State)
            ? WithReader(screen.Epoch, reader => reader.ReportScreen(screen.Epoch, screen.State))
            : RefuseFrame("unknown screen"),
        DeviceStatus status => HealthOf(status) is { } health
            ? WithReader(status.Epoch, reader => ReportStatus(reader, status, health))
            : RefuseFrame("impossible status"),
        Acted acted => SceneRules.IsPossible(acted)
            ? WithReader(acted.Epoch, _ => TakeAnswer(acted.ActId, acted))
            : RefuseFrame("impossible scene"),
        Configured configured => SceneRules.IsText(configured.Refused, SceneRules.MaxSentence)
            ? WithReader(configured.Epoch, _ => TakeAnswer(configured.ConfigureId, configured))
            : RefuseFrame("impossible answer"),
        _ => RefuseFrame("unknown frame"),
    };

    /// <summary>Tells the reader, or the device whose code was shown, that the connection has ended.</summary>
    public async Task EndSession()
    {
        if (_attached is null && _device is { } device) await EndOffer(device);
        await LeaveReader();
    }

    private async Task LeaveReader()
    {
        if (_reader is not { } reader || _attached is not { } attached) return;
        _attached = null;
        connections.DetachReader(reader.GetPrimaryKeyString(), attached);
        await reader.DetachDevice(attached.Epoch);
    }

    public void Dispose()
    {
        EndTimers();
        _turn.Dispose();
    }

    /// <summary>Ends the timers and forgets them: what a timer knows would stay as long as the connection.</summary>
    private void EndTimers()
    {
        _helloDeadline?.Dispose();
        _renewal?.Dispose();
        (_helloDeadline, _renewal) = (null, null);
    }

    private async Task GreetDevice(Hello hello)
    {
        var device = new Device(hello.Serial, hello.Model, hello.Firmware);
        if (!device.IsValid)
        {
            await RefuseFrame("impossible serial, model or firmware");
            return;
        }
        EndTimers();
        connection.BeginPings();
        connection.Questions.NoteHello(hello);
        await LeaveReader();
        if (_device is { } before && before.Serial != device.Serial) await EndOffer(before);
        (_device, _reader, _merchantCode) = (device, null, null);
        if (hello.ReaderId is null && !connections.TakeCode(connection))
        {
            connection.Close(Link.TryLater, "too many pairing codes");
            return;
        }
        var admission = await grains.GetGrain<IDeviceGrain>(device.Serial)
            .ConnectDevice(new(device, hello.ReaderId, hello.Credential, hello.ShownCode), here);
        (_epoch, _merchantCode) = (admission.Epoch, admission.MerchantCode);
        if (admission.ReaderId is { } id) _reader = grains.GetGrain<IReaderGrain>(id);
        if (_reader is not null && admission.Unpaired is null) await AttachReader(_reader, device);
        else if (++_unproven <= MaxUnproven)
        {
            connections.NoteUnpaired(connection);
            AnswerHello(hello, admission);
        }
        else connection.Close(Link.TryLater, "not paired in time");
    }

    private Task EndOffer(Device device) => grains.GetGrain<IDeviceGrain>(device.Serial).EndOffer(here);

    private async Task AttachReader(IReaderGrain reader, Device device)
    {
        var (id, attachment) = (reader.GetPrimaryKeyString(), new Attachment(here, _epoch));
        var reply = await reader.AttachDevice(attachment, device);
        if (reply is { Superseded: true })
        {
            connection.Close(Link.Superseded, "superseded");
            return;
        }
        if (reply is { } attached)
        {
            (_attached, _merchantCode, _heardAt) = (attachment, attached.MerchantCode, time.GetTimestamp());
            _unproven = 0;
            connections.AttachReader(id, attachment);
            connections.NoteProven(connection);
            var checkout = attached.Open is { } open ? links.ToDisplay(open) : null;
            connection.SendFrame(new Welcome(_epoch, attached.Name, checkout));
            return;
        }
        await grains.GetGrain<IDeviceGrain>(device.Serial).ReleaseReader(id);
        connection.SendFrame(new Unpaired(id));
    }

    private void AnswerHello(Hello hello, ConnectReply admission)
    {
        if (admission.Unpaired is { } unpaired) connection.SendFrame(new Unpaired(unpaired));
        if (admission.Paired is { } paired) connection.SendFrame(LinkFrames.ToPaired(paired));
        if (admission.Code is not { } code) return;
        var now = time.Now();
        var left = Deadline.TimeLeft(code.ExpiresAt, ReaderProfile.ConfirmWithin, now);
        connection.SendFrame(new PairingCode(code.Code, now + left));
        var next = hello with { ReaderId = null, Credential = null, ShownCode = code.Code };
        _renewal = time.CreateTimer(_ => _ = RenewCode(next), null, left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Renews a code, which lasts 5 minutes: a connection that still waits gets the next one, as if it had sent its
    /// hello again. So a code is replaced also when the node that knew it died, or when it was used and the device was
    /// not told.
    /// </summary>
    private async Task RenewCode(Hello hello)
    {
        try
        {
            await HandleFrame(hello);
        }
        catch (Exception e) when (TransientFailure.Is(e) || e is ObjectDisposedException)
        {
            connection.Close(Link.GoingAway, "try again");
        }
    }

    private async Task GrantStart(IReaderGrain reader, Start start)
    {
        // the device repeats the result, and that is answered
        if (await reader.GrantStart(start.Epoch, start.CheckoutId) is not { } granted) return;
        connection.SendFrame(granted
            ? new Granted(start.Epoch, start.CheckoutId)
            : new Refused(start.Epoch, start.CheckoutId, Refused.OfStart));
    }

    /// <summary>
    /// Evidence is accepted from a device that has proved to be the reader, also when the pairing is over. From any
    /// other device it is refused, so that the device stops repeating it. A report that cannot be saved now gets no
    /// answer: the device repeats it.
    /// </summary>
    private async Task ReportResult(long epoch, Guid checkoutId, DeviceReport report)
    {
        if (_attached is not null && epoch != _epoch) return;
        var committed = _reader is { } reader ? await reader.ReportResult(checkoutId, report) : false;
        if (committed is false) committed = await TestifyResult(checkoutId, report);
        if (committed is not { } known) return;
        connection.SendFrame(known ? new Ack(epoch, checkoutId) : new Refused(epoch, checkoutId, Refused.OfResult));
    }

    /// <summary>
    /// Sends a result that the device kept from the time when it was another reader to that reader. Only for a
    /// connection that has proved to be a reader now.
    /// </summary>
    private async Task<bool?> TestifyResult(Guid checkoutId, DeviceReport report)
    {
        if (_reader is null || _device is not { } device) return false;
        var taker = await ledger.FindReader(checkoutId, CancellationToken.None);
        if (taker is null || taker == _reader.GetPrimaryKeyString()) return false;
        var witness = new Witness(device.Serial, _merchantCode);
        return await grains.GetGrain<IReaderGrain>(taker).TestifyResult(checkoutId, report, witness);
    }

    /// <summary>
    /// Tells the reader that the device is alive, but not at each pong: pings are answered every 10 s.
    /// </summary>
    private Task ReportActivity()
    {
        if (_reader is not { } reader || _attached is null || time.GetElapsedTime(_heardAt) < HeardEvery)
            return Task.CompletedTask;
        _heardAt = time.GetTimestamp();
        return reader.ReportActivity(_epoch);
    }

    /// <summary>
    /// Calls the reader; frames of an older epoch are ignored, because they come from a connection that was replaced.
    /// </summary>
    private Task WithReader(long epoch, Func<IReaderGrain, Task> call)
    {
        if (_reader is not { } reader || _attached is null) return RefuseFrame("say hello with your credential first");
        return epoch == _epoch ? call(reader) : Task.CompletedTask;
    }

    /// <summary>
    /// Reports the status to the reader, and the settings in it to the grain that keeps them. That call is one way: it
    /// may make the grain ask this device, whose answer comes through here.
    /// </summary>
    private async Task ReportStatus(IReaderGrain reader, DeviceStatus status, DeviceHealth health)
    {
        await reader.ReportHealth(status.Epoch, health);
        if (status.MenuLock is not { } told || _merchantCode is not { } merchant || _attached is not { } link) return;
        await grains.GetGrain<IReaderSettingsGrain>(reader.GetPrimaryKeyString())
            .ReportSettings(link, passcodes.SealLock(merchant, told.Enabled, told.Passcode));
    }

    private Task TakeAnswer(Guid id, DeviceFrame answer)
    {
        connection.Questions.TakeAnswer(id, answer);
        return Task.CompletedTask;
    }

    private Task RefuseFrame(string why)
    {
        connection.Close(Link.ProtocolError, why);
        return Task.CompletedTask;
    }

    private static DeviceReport? ReportOf(Result result)
    {
        var why = SnakeCase.FindMember<Reason>(result.Reason);
        CheckoutState? outcome = result.Outcome switch
        {
            Outcomes.Approved => CheckoutState.Successful,
            Outcomes.Failed => CheckoutState.Failed,
            Outcomes.Cancelled => CheckoutState.Cancelled,
            _ => null,
        };
        if (outcome is null || (why is null && result.Reason is not null)) return null;
        var report = new DeviceReport(outcome.Value, why, result.Amount, result.Tip, CardOf(result.Card));
        return report.IsValid ? report : null;
    }

    private static CardRead? CardOf(PresentedCard? card) => card is null
        ? null
        : CardRead.FromDevice(card.Last4, card.Scheme, SnakeCase.FindMember<EntryMode>(card.EntryMode), card.AuthCode);

    private static DeviceHealth? HealthOf(DeviceStatus status) =>
        status.BatteryLevel is null or (>= 0 and <= 100)
        && status.BatteryTemperature is null or (>= -100 and <= 200)
        && (status.ConnectionType is null || Connections.All.Contains(status.ConnectionType))
        && (status.MenuLock?.Passcode is not { } passcode || SettingsRules.IsPasscode(passcode))
            ? new(status.BatteryLevel, status.BatteryTemperature, status.ConnectionType)
            : null;
}

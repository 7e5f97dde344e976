using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Protocol;
using Fleet.Simulator.Devices;

namespace Fleet.Simulator.Linking;

/// <summary>
/// One connection of a device from beginning to end: a receive loop and a send loop. Every failure of the connection is
/// an end of it and not an exception.
/// </summary>
internal sealed class DeviceLink(Device device, LinkFaults faults, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(10);

    /// <summary>Fleet pings every 10 s; after three and a half missed pings the connection counts as broken.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(35);

    /// <summary>How long closing may take.</summary>
    public static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(0.5);

    /// <summary>After this time a connection shows that Fleet works.</summary>
    public static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(5);

    private readonly FrameSocket _socket = new();
    private readonly CancellationTokenSource _silence = new(DialLimit, clock);
    private readonly CancellationTokenSource _goodbye = new(); // uses the real clock: closing must end in any test
    private string? _trouble;
    private TimeSpan _heardFor;

    /// <summary>Connects, and stays until the connection ends or <paramref name="cancel"/> asks to close it.</summary>
    /// <param name="server">Where to connect.</param>
    /// <param name="certificate">Shown when TLS asks for one; null for none.</param>
    /// <param name="cancel">Asks to close it.</param>
    public async Task<LinkEnd> HoldLink(Uri server, X509Certificate2? certificate, CancellationToken cancel)
    {
        try
        {
            await DialServer(server, certificate, cancel);
            await ExchangeFrames(cancel);
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            _trouble ??= e switch
            {
                OperationCanceledException => "stopped",
                _ when e.GetBaseException() is SocketException
                { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                    $"the host {server.Host} is not known",
                _ => e.GetBaseException().Message,
            };
        }
        return new(_trouble ?? $"closed by Fleet: {_socket.CloseCode} {_socket.CloseText}".TrimEnd(),
            _socket.CloseCode, _heardFor >= SettledAfter);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _silence.Dispose();
        _goodbye.Dispose();
    }

    private async Task DialServer(Uri server, X509Certificate2? certificate, CancellationToken cancel)
    {
        using var late = _silence.Token.UnsafeRegister(_ => _trouble ??= "no connection in time", null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _silence.Token);
        await _socket.DialServer(server, certificate, either.Token);
        _silence.CancelAfter(SilenceLimit);
    }

    private async Task ExchangeFrames(CancellationToken cancel)
    {
        using var silent = _silence.Token.UnsafeRegister(_ => _trouble ??= "nothing heard for too long", null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, _goodbye.Token);
        var outbox = new Outbox(faults, clock, () => DropLink("too many frames are waiting to be sent"));
        using var leaving = cancel.UnsafeRegister(_ => SayGoodbye(outbox), null);
        var sending = SendFrames(outbox, stop.Token);
        try
        {
            device.AttachLink(outbox);
            await ReceiveFrames(outbox, stop.Token);
        }
        catch (JsonException e)
        {
            _trouble = e.Message; // the send loop reports it to the other side
        }
        finally
        {
            device.DetachLink();
            SayGoodbye(outbox);
            await sending;
        }
    }

    private async Task ReceiveFrames(Outbox outbox, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        while (await _socket.ReceiveFrame(cancel) is { } frame)
        {
            _heardFor = clock.GetElapsedTime(since);
            _silence.CancelAfter(SilenceLimit);
            if (faults.Lag is { Ticks: > 0 } lag) await Task.Delay(lag, clock, cancel);
            // at once: not after a payment, and not after a write to disk
            if (frame is Ping) outbox.PostFrame(new Pong());
            else device.TakeFrame(frame);
        }
    }

    private async Task SendFrames(Outbox outbox, CancellationToken cancel)
    {
        try
        {
            await foreach (var frame in outbox.ReadFrames(cancel)) await _socket.SendFrame(frame, cancel);
            await _socket.SayGoodbye(_trouble, cancel);
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            DropLink(e.GetBaseException().Message);
        }
    }

    private void SayGoodbye(Outbox outbox)
    {
        outbox.Close();
        _goodbye.CancelAfter(GoodbyeLimit);
    }

    /// <summary>
    /// Ends the connection by a timer and not at once, because the caller may be inside the device's turn.
    /// </summary>
    private void DropLink(string trouble)
    {
        _trouble ??= trouble;
        _goodbye.CancelAfter(TimeSpan.Zero);
    }

    private static bool IsOfTheLink(Exception e) =>
        e is WebSocketException or IOException or JsonException or OperationCanceledException;
}

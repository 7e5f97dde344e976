using System.Net.WebSockets;
using System.Text.Json;
using Fleet.Protocol;
using Fleet.Simulator.Devices;

namespace Fleet.Simulator.Linking;

/// <summary>
/// One connection of a device, from dialling to the end: a receive loop and a send loop. Whatever goes wrong with
/// the connection is an end, not an exception.
/// </summary>
internal sealed class DeviceLink(Device device, TimeProvider clock) : IDisposable
{
    public static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(10);

    /// <summary>Fleet pings every 10 s; after three missed pings and a half the wire only looks alive.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(35);

    /// <summary>How long a goodbye may take.</summary>
    public static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(0.5);

    /// <summary>A connection that was heard for this long shows that Fleet is well.</summary>
    public static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(5);

    private readonly FrameSocket _socket = new();
    private readonly CancellationTokenSource _silence = new(DialLimit, clock);
    private readonly CancellationTokenSource _goodbye = new(); // by the real clock: a goodbye must end in any test
    private string? _trouble;
    private TimeSpan _heardFor;

    /// <summary>Dials, and stays until the connection ends or <paramref name="cancel"/> asks for a goodbye.</summary>
    public async Task<LinkEnd> HoldLink(Uri server, CancellationToken cancel)
    {
        try
        {
            await DialServer(server, cancel);
            await ExchangeFrames(cancel);
        }
        catch (Exception e) when (IsOfTheLink(e))
        {
            _trouble ??= e is OperationCanceledException ? "stopped" : e.GetBaseException().Message;
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

    private async Task DialServer(Uri server, CancellationToken cancel)
    {
        using var late = _silence.Token.UnsafeRegister(_ => _trouble ??= "no connection in time", null);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _silence.Token);
        await _socket.DialServer(server, either.Token);
        _silence.CancelAfter(SilenceLimit);
    }

    private async Task ExchangeFrames(CancellationToken cancel)
    {
        using var silent = _silence.Token.UnsafeRegister(_ => _trouble ??= "nothing heard for too long", null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, _goodbye.Token);
        var outbox = new Outbox(() => DropLink("too many frames are waiting to be sent"));
        using var leaving = cancel.UnsafeRegister(_ => SayGoodbye(outbox), null);
        var sending = SendFrames(outbox, stop.Token);
        try
        {
            device.AttachLink(outbox);
            await ReceiveFrames(outbox, stop.Token);
        }
        catch (JsonException e)
        {
            _trouble = e.Message; // the send loop tells it to the other side
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
            if (frame is Ping) outbox.PostFrame(new Pong()); // at once: not after a payment, and not after a disk
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

    /// <summary>Not at once but by a timer: whoever finds the trouble may be in the device's turn.</summary>
    private void DropLink(string trouble)
    {
        _trouble ??= trouble;
        _goodbye.CancelAfter(TimeSpan.Zero);
    }

    private static bool IsOfTheLink(Exception e) =>
        e is WebSocketException or IOException or JsonException or OperationCanceledException;
}

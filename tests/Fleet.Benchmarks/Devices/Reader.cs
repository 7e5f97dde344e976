using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using Fleet.Protocol;

namespace Fleet.Benchmarks.Devices;

/// <summary>
/// A device with only the frames of a payment: no journal and no simulated customer. It is cheaper than the simulator's
/// readers, because it runs on the cores that are measured.
/// </summary>
internal sealed class Reader(int port, string serial, Till till) : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _frame = new byte[Link.MaxFrame];
    private readonly TaskCompletionSource<string> _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _acknowledged = Fresh();
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _ended = new();
    private (string Id, string Credential)? _pairing;
    private Guid? _open;
    private long _epoch, _prompted;

    /// <summary>Connects, pairs, and waits for the welcome; then serves the link in the background.</summary>
    public async Task PowerOn()
    {
        _socket.Options.AddSubProtocol(Link.SubProtocol);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero; // Fleet pings, with frames of its own
        await _socket.ConnectAsync(new($"ws://127.0.0.1:{port}{Link.Path}"), CancellationToken.None);
        await SayHello();
        _ = Listen();
        await _welcomed.Task;
    }

    /// <summary>One payment, from the till's request to the device's acknowledgement.</summary>
    /// <returns>When the till had its answer, and when the device had the checkout.</returns>
    public async Task<(long Answered, long Prompted)> Pay()
    {
        _acknowledged = Fresh();
        await till.Charge(await _welcomed.Task);
        var answered = Stopwatch.GetTimestamp();
        await _acknowledged.Task;
        return (answered, _prompted);
    }

    /// <summary>The id of its reader, known after the welcome.</summary>
    public string Id => _pairing?.Id ?? throw new InvalidOperationException("It is not paired.");

    /// <summary>Ends when the payment of this checkout, which another caller started, is acknowledged.</summary>
    public async Task Ended(Guid checkout)
    {
        await _ended.GetOrAdd(checkout, _ => Fresh()).Task;
        _ended.TryRemove(checkout, out _);
    }

    public void Dispose() => _socket.Dispose();

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task Listen()
    {
        try
        {
            while (true) await Obey(await Receive());
        }
        catch (Exception e)
        {
            _welcomed.TrySetException(e);
            _acknowledged.TrySetException(e);
            foreach (var waiting in _ended.Values) waiting.TrySetException(e);
        }
    }

    private Task Obey(ServerFrame frame) => frame switch
    {
        PairingCode shown => till.Pair(shown.Code),
        Paired paired => Keep(paired),
        Welcome welcome => Enter(welcome),
        ShowCheckout show => Begin(show.Checkout.CheckoutId),
        Granted granted => Conclude(granted.CheckoutId),
        Ack ack => Finish(ack.CheckoutId),
        Ping => Send(new Pong()),
        _ => throw new InvalidOperationException($"The device did not expect {frame}."),
    };

    private Task Keep(Paired paired)
    {
        _pairing = (paired.ReaderId, paired.Credential);
        return SayHello();
    }

    private async Task Enter(Welcome welcome)
    {
        _epoch = welcome.Epoch;
        await Send(new DeviceStatus(_epoch, 98, 31, "Wi-Fi"));
        await Send(new ScreenState(_epoch, Screens.Idle));
        _welcomed.TrySetResult(_pairing?.Id ?? "");
    }

    private async Task Conclude(Guid checkout)
    {
        await Send(new ScreenState(_epoch, Screens.WaitingForCard));
        await Send(new Result(_epoch, checkout, Outcomes.Approved, null, Till.Amount));
        await Send(new ScreenState(_epoch, Screens.Idle));
    }

    private Task Begin(Guid checkout)
    {
        _prompted = Stopwatch.GetTimestamp();
        if (_open is { } other && other != checkout)
            throw new InvalidOperationException($"The reader has two checkouts: {other} and {checkout}.");
        _open = checkout;
        return Send(new Start(_epoch, checkout));
    }

    private Task Finish(Guid checkout)
    {
        _open = null;
        _acknowledged.TrySetResult();
        _ended.GetOrAdd(checkout, _ => Fresh()).TrySetResult();
        return Task.CompletedTask;
    }

    private Task SayHello() =>
        Send(new Hello(serial, "virtual-solo", "3.3.40.3", _pairing?.Id, _pairing?.Credential, null));

    private Task Send(DeviceFrame frame) =>
        _socket.SendAsync(Link.WriteFrame(frame), WebSocketMessageType.Text, endOfMessage: true,
            CancellationToken.None);

    private async Task<ServerFrame> Receive()
    {
        var length = 0;
        while (true)
        {
            var part = await _socket.ReceiveAsync(_frame.AsMemory(length), CancellationToken.None);
            if (part.MessageType is WebSocketMessageType.Close)
                throw new InvalidOperationException($"Fleet closed the link: {_socket.CloseStatusDescription}");
            length += part.Count;
            if (part.EndOfMessage) return Link.ReadServerFrame(_frame.AsSpan(0, length));
        }
    }
}

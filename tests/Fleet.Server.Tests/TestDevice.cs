using System.Net.WebSockets;
using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>A device that does exactly what a test says, and answers pings by itself.</summary>
public sealed class TestDevice : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ClientWebSocket _socket = new();
    private readonly Channel<ServerFrame> _frames = Channel.CreateUnbounded<ServerFrame>();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Uri _address;
    private readonly string _model;
    private Task _receiving = Task.CompletedTask;

    private TestDevice(Uri address, string serial, string model) =>
        (_address, Serial, _model) = (address, serial, model);

    public string Serial { get; }

    /// <summary>The version of its software that it tells.</summary>
    public string Firmware { get; set; } = "3.3.40.3";

    /// <summary>Whether it says that it obeys tests.</summary>
    public bool Helpers { get; set; }

    /// <summary>The menu lock that it tells; null for a device without settings.</summary>
    public MenuLockSettings? MenuLock { get; set; }

    public bool AnswersPings { get; set; } = true;

    /// <summary>Pings seen so far.</summary>
    public int Pings { get; private set; }

    public string ReaderId { get; private set; } = "";

    public string Credential { get; private set; } = "";

    public long Epoch { get; private set; }

    /// <summary>The code and text the server closed with, once it has.</summary>
    public string Closed => $"{(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}";

    /// <param name="address">Of the node.</param>
    /// <param name="serial">Its serial number.</param>
    /// <param name="model">Its model.</param>
    /// <param name="from">Its own address, as a proxy in front of the node tells it; null for none.</param>
    /// <param name="configure">How it connects, for example which certificates it trusts.</param>
    public static async Task<TestDevice> Connect(
        Uri address, string serial, string model = "virtual-solo", string? from = null,
        Action<ClientWebSocketOptions>? configure = null)
    {
        var device = new TestDevice(address, serial, model);
        configure?.Invoke(device._socket.Options);
        if (from is not null) device._socket.Options.SetRequestHeader("X-Forwarded-For", from);
        device._socket.Options.AddSubProtocol(Link.SubProtocol);
        await device._socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        device._receiving = device.Receive();
        return device;
    }

    /// <summary>A second connection of the same device, with the same credential.</summary>
    public async Task<TestDevice> ConnectAgain(Uri? address = null, string? from = null)
    {
        var again = await Connect(address ?? _address, Serial, _model, from);
        (again.ReaderId, again.Credential, again.Firmware) = (ReaderId, Credential, Firmware);
        again.MenuLock = MenuLock;
        return again;
    }

    /// <summary>Sends a hello without a credential.</summary>
    public Task Introduce(string? shownCode = null) =>
        Send(new Hello(Serial, _model, Firmware, ShownCode: shownCode));

    /// <summary>Sends a hello as its reader and waits for the welcome.</summary>
    public async Task<Welcome> Resume()
    {
        await Send(new Hello(Serial, _model, Firmware, ReaderId, Credential, Helpers: Helpers ? true : null,
            Settings: MenuLock is null ? null : true));
        var welcome = await Expect<Welcome>();
        Epoch = welcome.Epoch;
        if (MenuLock is not null) await TellMenuLock();
        return welcome;
    }

    /// <summary>Tells how its menu is locked.</summary>
    public Task TellMenuLock() => Send(new DeviceStatus(Epoch, MenuLock: MenuLock));

    /// <summary>Takes the settings that it is sent, and applies or refuses them.</summary>
    public async Task<MenuLockSettings> Apply(string? refused = null)
    {
        var configure = await Expect<Configure>();
        if (refused is null)
        {
            var (now, next) = (MenuLock ?? new(), configure.MenuLock);
            MenuLock = new(next.Enabled ?? now.Enabled, next.Passcode ?? now.Passcode);
        }
        await Send(new Configured(Epoch, configure.ConfigureId, refused));
        if (refused is null) await TellMenuLock();
        return configure.MenuLock;
    }

    /// <summary>Takes the credential it is sent, and uses it.</summary>
    public async Task<Welcome> ConfirmPairing()
    {
        var paired = await Expect<Paired>();
        (ReaderId, Credential) = (paired.ReaderId, paired.Credential);
        return await Resume();
    }

    public async Task Send(DeviceFrame frame) => await SendText(Link.WriteFrame(frame));

    public async Task SendText(
        byte[] utf8, WebSocketMessageType type = WebSocketMessageType.Text, bool isEnd = true)
    {
        await _sending.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await _socket.SendAsync(utf8, type, isEnd, TestContext.Current.CancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Asks for the start and says whether it was granted.</summary>
    public async Task<bool> AskStart(Guid checkoutId)
    {
        await Send(new Start(Epoch, checkoutId));
        while (true)
        {
            switch (await Next())
            {
                case Granted granted when granted.CheckoutId == checkoutId: return true;
                case Refused refused when refused.CheckoutId == checkoutId: return false;
            }
        }
    }

    /// <summary>Reports that the amount was charged, and waits for the acknowledgement.</summary>
    public Task<Ack> Approve(Guid checkoutId, long amount = 1500, long tip = 0) =>
        Report(new Result(Epoch, checkoutId, Outcomes.Approved, null, amount, tip));

    public async Task<Ack> Report(DeviceFrame result)
    {
        await Send(result);
        return await Expect<Ack>();
    }

    /// <summary>Takes a checkout from the screen to the end of a payment.</summary>
    public async Task Pay()
    {
        var order = (await Expect<ShowCheckout>()).Checkout;
        Assert.True(await AskStart(order.CheckoutId));
        await Approve(order.CheckoutId, order.Amount);
    }

    /// <summary>The next frame of a kind; others before it are passed over, and named when it never comes.</summary>
    public async Task<T> Expect<T>() where T : ServerFrame
    {
        var others = new List<ServerFrame>();
        try
        {
            while (true)
            {
                var next = await Next();
                if (next is T frame) return frame;
                others.Add(next);
            }
        }
        catch (Exception e) when (e is TimeoutException or ChannelClosedException)
        {
            throw new InvalidOperationException(
                $"No {typeof(T).Name}, but {string.Join(", ", others)}; closed with {Closed}.", e);
        }
    }

    /// <summary>The next frame, whatever it is, but a ping.</summary>
    public async Task<ServerFrame> Next() =>
        await _frames.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    /// <summary>Frames that have arrived and were not looked at.</summary>
    public bool HasNews => _frames.Reader.TryPeek(out _);

    /// <summary>Waits until the connection is over.</summary>
    public Task Ended() => _receiving.WaitAsync(Patience);

    /// <summary>Closes the connection like a device that is switched off properly.</summary>
    public async Task HangUp()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        await Ended();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task Receive()
    {
        var buffer = new byte[Link.MaxFrame];
        try
        {
            while (_socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += part.Count;
                }
                while (!part.EndOfMessage);
                if (part.MessageType is WebSocketMessageType.Close) break;
                await Take(Link.ReadServerFrame(buffer.AsSpan(0, length)));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The server, or this test, broke the connection.
        }
        catch (System.Text.Json.JsonException e)
        {
            _frames.Writer.TryComplete(e);
        }
        _frames.Writer.TryComplete();
        await AnswerClose();
    }

    private async Task AnswerClose()
    {
        try
        {
            if (_socket.State is WebSocketState.CloseReceived)
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The test closed the connection at the same moment.
        }
    }

    private async Task Take(ServerFrame frame)
    {
        if (frame is not Ping)
        {
            _frames.Writer.TryWrite(frame);
            return;
        }
        Pings++;
        if (AnswersPings) await Send(new Pong());
    }
}

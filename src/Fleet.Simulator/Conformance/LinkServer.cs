using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Fleet.Protocol;

namespace Fleet.Simulator.Conformance;

/// <summary>Where the device under test dials: accepts its connections, one after the other.</summary>
internal sealed class LinkServer : IAsyncDisposable
{
    /// <summary>Connections that wait to be looked at; more than that is a device without back-off.</summary>
    private const int MaxWaiting = 64;

    private readonly TcpListener _listener;
    private readonly Transcript _transcript;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<DeviceConnection> _dials =
        Channel.CreateBounded<DeviceConnection>(new BoundedChannelOptions(MaxWaiting)
        {
            FullMode = BoundedChannelFullMode.DropWrite,
        });

    private readonly Task _accepting;

    /// <param name="port">The port on this machine's loopback address; 0 for any.</param>
    /// <param name="transcript">Where the frames are noted.</param>
    /// <param name="clock">The clock.</param>
    public LinkServer(int port, Transcript transcript, TimeProvider clock)
    {
        (_transcript, _clock) = (transcript, clock);
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
        Address = new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{Link.Path}");
        _accepting = AcceptDials(_stop.Token);
    }

    public Uri Address { get; }

    /// <summary>Whether the sub-protocol is chosen when the device offers it.</summary>
    public bool ChoosesProtocol { get; set; } = true;

    /// <summary>The next connection; null when none comes in time.</summary>
    public async Task<DeviceConnection?> NextDial(TimeSpan within, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(within, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await _dials.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether a connection waits to be looked at.</summary>
    public bool HasDial => _dials.Reader.TryPeek(out _);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        while (_dials.Reader.TryRead(out var dial)) await dial.DisposeAsync();
        _stop.Dispose();
    }

    private async Task AcceptDials(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await AcceptDial(await _listener.AcceptSocketAsync(cancel), cancel);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                if (!cancel.IsCancellationRequested) _transcript.AddEvent($"a connection failed: {e.Message}");
            }
        }
    }

    private async Task AcceptDial(Socket wire, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(CheckLimits.Answer);
        wire.NoDelay = true;
        var at = _clock.GetTimestamp();
        var stream = new NetworkStream(wire, ownsSocket: true);
        var request = await Upgrade.ReadRequest(stream, limit.Token);
        var protocol = ChoosesProtocol && request.OffersLink ? Link.SubProtocol : null;
        var socket = await request.AcceptRequest(stream, protocol, limit.Token);
        _transcript.AddEvent("the device dialled");
        var connection = new DeviceConnection(wire, socket, _transcript, _clock)
        {
            OffersLink = request.OffersLink,
            DialledAt = at,
        };
        if (!_dials.Writer.TryWrite(connection)) await connection.DisposeAsync();
    }
}

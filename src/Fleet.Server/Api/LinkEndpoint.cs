using System.Diagnostics;
using System.Net;
using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Api;

/// <summary>
/// The route to which devices connect. It is one object for all of them: the services of a request, and a handler with
/// parameters, would stay in memory as long as each connection.
/// </summary>
internal sealed class LinkEndpoint(
    LinkConnections connections, LinkClient links, IGrainFactory grains, ILedger ledger, PasscodeSeal passcodes,
    ILocalSiloDetails silo, IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time, StorageDamage damage,
    ILogger<LinkConnection> log)
{
    private readonly TimeSpan _pingEvery = TimeSpan.FromSeconds(options.Value.PingSeconds);

    /// <summary>Serves one request, which becomes a connection.</summary>
    public Task Serve(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest
            || !http.WebSockets.WebSocketRequestedProtocols.Contains(Link.SubProtocol))
            return Problem.BadRequest($"Connect with a WebSocket and the sub-protocol {Link.SubProtocol}.")
                .ExecuteAsync(http);
        return options.Value.DeviceAuthority is not null && !ShowsCertificate(http)
            ? Problem.NoDeviceCertificate.ExecuteAsync(http)
            : ServeLink(http);
    }

    private async Task ServeLink(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Link.SubProtocol);
        // a connection lasts for days: frames belong to the trace of their checkout, not to the trace of this request
        Activity.Current = null;
        var address = http.Connection.RemoteIpAddress ?? IPAddress.None;
        var connection = new LinkConnection(socket, connections.NextNumber(), address, _pingEvery, time);
        var here = new LinkAddress(silo.SiloAddress, connection.Number);
        using var session = new DeviceSession(connection, here, connections, links, grains, ledger, passcodes, time);
        connections.AddConnection(connection);
        meter.CountOpened();
        try
        {
            await connection.ServeDevice(frame => HandleFrame(frame, session, connection), http.RequestAborted);
        }
        finally
        {
            connections.RemoveConnection(connection);
            meter.CountClosed(connection.End.ToWireName());
            await TryQuietly(session.EndSession(), connection);
        }
    }

    /// <summary>
    /// Whether the device showed a certificate, which only the public addresses check by the authority of devices.
    /// </summary>
    private static bool ShowsCertificate(HttpContext http) =>
        http.Connection.ClientCertificate is not null && PortMark.Public.IsOf(http);

    /// <summary>
    /// Handles a frame. A frame that cannot be handled now gets no answer, and the device sends it again. A failed
    /// hello ends the connection.
    /// </summary>
    private async Task HandleFrame(DeviceFrame frame, DeviceSession session, LinkConnection connection)
    {
        if (!await TryQuietly(session.HandleFrame(frame), connection) && frame is Hello)
            connection.Close(Link.GoingAway, "try again");
    }

    private async Task<bool> TryQuietly(Task work, LinkConnection connection)
    {
        try
        {
            await work;
            return true;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            damage.NoteFailure(e);
            log.FrameUnanswered(connection.Number, e);
            return false;
        }
    }
}

internal static class LinkRoute
{
    public static void MapLink(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Link.Path), link => link.UseWebSockets());
        // GET in HTTP/1.1 and CONNECT in HTTP/2 open a WebSocket.
        app.MapMethods(Link.Path, [HttpMethods.Get, HttpMethods.Connect],
            http => app.Services.GetRequiredService<LinkEndpoint>().Serve(http)).ExcludeFromDescription();
    }
}

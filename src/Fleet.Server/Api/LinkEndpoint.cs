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

/// <summary>The route to which devices connect.</summary>
internal static class LinkEndpoint
{
    public static void MapLink(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Link.Path), link => link.UseWebSockets());
        // GET in HTTP/1.1 and CONNECT in HTTP/2 open a WebSocket.
        app.MapMethods(Link.Path, [HttpMethods.Get, HttpMethods.Connect], ServeLink).ExcludeFromDescription();
    }

    private static async Task ServeLink(
        HttpContext http, LinkConnections connections, LinkClient links, IGrainFactory grains, ILedger ledger,
        PasscodeSeal passcodes, ILocalSiloDetails silo, IOptions<FleetOptions> options, FleetMeter meter,
        TimeProvider time, StorageDamage damage, ILogger<LinkConnection> log)
    {
        if (!http.WebSockets.IsWebSocketRequest
            || !http.WebSockets.WebSocketRequestedProtocols.Contains(Link.SubProtocol))
        {
            var how = Problem.BadRequest($"Connect with a WebSocket and the sub-protocol {Link.SubProtocol}.");
            await how.ExecuteAsync(http);
            return;
        }
        if (options.Value.DeviceAuthority is not null && !ShowsCertificate(http))
        {
            await Problem.NoDeviceCertificate.ExecuteAsync(http);
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Link.SubProtocol);
        // a connection lasts for days: frames belong to the trace of their checkout, not to the trace of this request
        Activity.Current = null;
        var pingEvery = TimeSpan.FromSeconds(options.Value.PingSeconds);
        var address = http.Connection.RemoteIpAddress ?? IPAddress.None;
        var connection = new LinkConnection(socket, connections.NextNumber(), address, pingEvery, time);
        var here = new LinkAddress(silo.SiloAddress, connection.Number);
        using var session = new DeviceSession(connection, here, connections, links, grains, ledger, passcodes, time);
        connections.AddConnection(connection);
        meter.CountOpened();
        try
        {
            await connection.ServeDevice(frame => HandleFrame(frame, session, connection, damage, log),
                http.RequestAborted);
        }
        finally
        {
            connections.RemoveConnection(connection);
            meter.CountClosed(connection.End.ToWireName());
            await TryQuietly(session.EndSession(), connection, damage, log);
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
    private static async Task HandleFrame(
        DeviceFrame frame, DeviceSession session, LinkConnection connection, StorageDamage damage, ILogger log)
    {
        if (!await TryQuietly(session.HandleFrame(frame), connection, damage, log) && frame is Hello)
            connection.Close(Link.GoingAway, "try again");
    }

    private static async Task<bool> TryQuietly(Task work, LinkConnection connection, StorageDamage damage, ILogger log)
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

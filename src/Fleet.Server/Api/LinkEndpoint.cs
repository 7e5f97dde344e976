using System.Diagnostics;
using Fleet.Core;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Links;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Api;

/// <summary>Where devices dial in.</summary>
internal static class LinkEndpoint
{
    public static void MapLink(this WebApplication app)
    {
        app.UseWebSockets();
        // The second is how a WebSocket begins in HTTP/2.
        app.MapMethods(Link.Path, [HttpMethods.Get, HttpMethods.Connect], Serve).ExcludeFromDescription();
    }

    private static async Task Serve(
        HttpContext http, LinkConnections connections, IGrainFactory grains, ILedger ledger, ILocalSiloDetails silo,
        IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time, Damage damage,
        ILogger<LinkConnection> log)
    {
        if (!http.WebSockets.IsWebSocketRequest
            || !http.WebSockets.WebSocketRequestedProtocols.Contains(Link.SubProtocol))
        {
            var how = Problem.BadRequest($"Connect with a WebSocket and the sub-protocol {Link.SubProtocol}.");
            await how.ExecuteAsync(http);
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Link.SubProtocol);
        Activity.Current = null; // it lasts for days: what a device says belongs to its checkout, not to this request
        var pingEvery = TimeSpan.FromSeconds(options.Value.PingSeconds);
        var connection = new LinkConnection(socket, connections.NextNumber(), pingEvery, time);
        var here = new LinkAddress(silo.SiloAddress, connection.Number);
        using var session = new DeviceSession(connection, here, connections, grains, ledger, time);
        connections.Add(connection);
        meter.Opened();
        try
        {
            await connection.Run(frame => Handle(frame, session, connection, damage, log), http.RequestAborted);
        }
        finally
        {
            connections.Remove(connection);
            meter.Closed(connection.End.Word());
            await Quietly(session.Leave(), connection, damage, log);
        }
    }

    /// <summary>
    /// A frame that cannot be handled now is simply not answered, and the device asks again; without a hello there is
    /// nothing to keep the connection for.
    /// </summary>
    private static async Task Handle(
        DeviceFrame frame, DeviceSession session, LinkConnection connection, Damage damage, ILogger log)
    {
        if (!await Quietly(session.Handle(frame), connection, damage, log) && frame is Hello)
            connection.Close(Link.GoingAway, "try again");
    }

    private static async Task<bool> Quietly(Task work, LinkConnection connection, Damage damage, ILogger log)
    {
        try
        {
            await work;
            return true;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            damage.Note(e);
            log.FrameUnanswered(connection.Number, e.GetBaseException().Message);
            return false;
        }
    }
}

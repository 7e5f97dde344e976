using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Links;

/// <summary>The WebSockets of this node.</summary>
internal sealed class LinkConnections(UnprovenLinks unproven)
{
    /// <summary>How long a stopping node takes to send its devices to other nodes, and in how many groups.</summary>
    private static readonly TimeSpan GoAwayTakes = TimeSpan.FromSeconds(3);

    private const int GoAwaySteps = 60;

    /// <summary>A group of at most this size is not split.</summary>
    private const int MinGroup = 16;

    private const string GoingAway = "going away";

    private readonly ConcurrentDictionary<long, LinkConnection> _open = new();
    private readonly ConcurrentDictionary<string, Attachment> _readers = new();
    private long _last;
    private volatile bool _leaving;

    /// <summary>How many devices are connected to this node.</summary>
    public int Count => _open.Count;

    /// <summary>The number of a new connection; numbers are not used twice while the process runs.</summary>
    public long NextNumber() => Interlocked.Increment(ref _last);

    public void AddConnection(LinkConnection connection)
    {
        _open[connection.Number] = connection;
        unproven.AddConnection(connection);
        if (_leaving) connection.Close(Link.GoingAway, GoingAway);
    }

    public void RemoveConnection(LinkConnection connection)
    {
        _open.TryRemove(connection.Number, out _);
        unproven.RemoveConnection(connection);
        connection.Questions.End();
    }

    /// <summary>Whether a connection may show a pairing code now.</summary>
    public bool TakeCode(LinkConnection connection) => unproven.TakeCode(connection.Address);

    /// <summary>Notes that a connection belongs to a reader's device.</summary>
    public void AttachReader(string readerId, Attachment attachment) => _readers[readerId] = attachment;

    /// <summary>Notes that the hello of a connection proved nothing.</summary>
    public void NoteUnpaired(LinkConnection connection) => unproven.NoteUnpaired(connection);

    /// <summary>Notes that the device of a connection proved to be a reader.</summary>
    public void NoteProven(LinkConnection connection)
    {
        connection.IsProven = true;
        unproven.RemoveConnection(connection);
    }

    /// <summary>Removes that note, unless a newer connection of the reader has replaced it.</summary>
    public void DetachReader(string readerId, Attachment attachment) =>
        _readers.TryRemove(KeyValuePair.Create(readerId, attachment));

    /// <summary>The connection of a reader's device, if it is on this node.</summary>
    public Attachment? FindAttachment(string readerId) => _readers.GetValueOrDefault(readerId);

    /// <summary>Queues a frame; false when the connection is gone or too slow.</summary>
    public bool DeliverFrame(long connection, byte[] frame, string? trace)
    {
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Show, trace, ActivityKind.Producer);
        var queued = _open.TryGetValue(connection, out var found) && found.SendFrame(frame);
        step.NoteTag("fleet.link.queued", queued);
        return queued;
    }

    /// <summary>Sends a wish of a test to a virtual device, and waits for its answer.</summary>
    public async Task<ActReply> AskDevice(long connection, Guid actId, byte[] frame, TimeSpan patience) =>
        _open.TryGetValue(connection, out var found)
            ? await found.Questions.AskDevice(
                found.Questions.ObeysTests, actId, () => found.SendFrame(frame), patience)
            : ActReply.Gone;

    /// <summary>Sends settings to a device, and waits for its answer.</summary>
    public async Task<ActReply> ConfigureDevice(long connection, Guid configureId, byte[] frame, TimeSpan patience) =>
        _open.TryGetValue(connection, out var found)
            ? await found.Questions.AskDevice(
                found.Questions.TakesSettings, configureId, () => found.SendFrame(frame), patience)
            : ActReply.Gone;

    /// <summary>Closes a connection that was replaced.</summary>
    public void SupersedeLink(long connection)
    {
        if (_open.TryGetValue(connection, out var found)) found.Close(Link.Superseded, "superseded");
    }

    /// <summary>
    /// Tells every device to connect again, because the node stops: group after group, so that not all of them connect
    /// to the other nodes at the same time.
    /// </summary>
    public async Task GoAway(TimeProvider time)
    {
        _leaving = true;
        var going = _open.Values.ToArray();
        foreach (var some in going.Chunk(Math.Max(MinGroup, going.Length / GoAwaySteps)))
        {
            foreach (var connection in some) connection.Close(Link.GoingAway, GoingAway);
            if (some[^1] != going[^1]) await Task.Delay(GoAwayTakes / GoAwaySteps, time);
        }
    }
}

using System.Collections.Concurrent;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>The WebSockets of this node.</summary>
internal sealed class LinkConnections
{
    private readonly ConcurrentDictionary<long, LinkConnection> _open = new();
    private readonly ConcurrentDictionary<string, Attachment> _readers = new();
    private long _last;

    /// <summary>How many devices are connected to this node.</summary>
    public int Count => _open.Count;

    /// <summary>Numbers a new connection; no number is used twice in the life of the process.</summary>
    public long NextNumber() => Interlocked.Increment(ref _last);

    public void Add(LinkConnection connection) => _open[connection.Number] = connection;

    public void Remove(LinkConnection connection) => _open.TryRemove(connection.Number, out _);

    /// <summary>Notes that a connection speaks for a reader.</summary>
    public void Attach(string readerId, Attachment attachment) => _readers[readerId] = attachment;

    /// <summary>Takes that note back, unless a newer connection speaks for the reader.</summary>
    public void Detach(string readerId, Attachment attachment) =>
        _readers.TryRemove(KeyValuePair.Create(readerId, attachment));

    /// <summary>The connection that speaks for a reader, if it is one of this node.</summary>
    public Attachment? Find(string readerId) => _readers.GetValueOrDefault(readerId);

    /// <summary>Queues a frame; false when the connection is gone or too slow.</summary>
    public bool Deliver(long connection, byte[] frame) =>
        _open.TryGetValue(connection, out var found) && found.Send(frame);

    /// <summary>Closes a connection that was replaced.</summary>
    public void Supersede(long connection)
    {
        if (_open.TryGetValue(connection, out var found)) found.Close(Link.Superseded, "superseded");
    }

    /// <summary>Tells every device to come back later, because the node stops.</summary>
    public void GoAway()
    {
        foreach (var connection in _open.Values) connection.Close(Link.GoingAway, "going away");
    }
}

using System.Net;

namespace Fleet.Server.Links;

/// <summary>Connections by their network, of which there are at most so many.</summary>
/// <param name="perNetwork">At most so many of one network.</param>
/// <param name="total">At most so many of all.</param>
internal sealed class LinkCrowd(int perNetwork, int total)
{
    private readonly Lock _turn = new();
    private readonly Dictionary<IPAddress, List<LinkConnection>> _byNetwork = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a connection. When there are too many, another one is removed and returned.</summary>
    public LinkConnection? AddConnection(IPAddress network, LinkConnection connection)
    {
        lock (_turn)
        {
            var oldest = FindOldest(network);
            if (oldest is { } one) Remove(one.Network, one.Connection);
            if (!_byNetwork.TryGetValue(network, out var now)) _byNetwork[network] = now = [];
            now.Add(connection);
            _count++;
            return oldest?.Connection;
        }
    }

    /// <summary>Removes a connection; false when it is not there.</summary>
    public bool RemoveConnection(IPAddress network, LinkConnection connection)
    {
        lock (_turn) return Remove(network, connection);
    }

    /// <summary>The connection that goes when another one of this network comes; null when there is room.</summary>
    private (IPAddress Network, LinkConnection Connection)? FindOldest(IPAddress network)
    {
        if (_byNetwork.GetValueOrDefault(network) is { } same && same.Count >= perNetwork) return (network, same[0]);
        if (_count < total) return null;
        var most = _byNetwork.MaxBy(some => some.Value.Count);
        return (most.Key, most.Value[0]);
    }

    private bool Remove(IPAddress network, LinkConnection connection)
    {
        if (!_byNetwork.TryGetValue(network, out var same) || !same.Remove(connection)) return false;
        _count--;
        if (same.Count == 0) _byNetwork.Remove(network);
        return true;
    }
}

using System.Net;
using System.Net.Sockets;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Links;

/// <summary>
/// The connections of this node that have not proved to be a reader. Any program can open them, so their number is
/// limited, for each address and for the node. A device that is paired proves it with its first frame; so when there
/// are too many, the new one stays and the oldest one of the address that has most is closed. Connections from this
/// machine itself are not counted.
/// </summary>
internal sealed class UnprovenLinks(IOptions<FleetOptions> options, TimeProvider time)
{
    /// <summary>Pairing codes for one address: so many at once, and then one each second.</summary>
    private static readonly TimeSpan CodesAtOnce = TimeSpan.FromSeconds(200);

    private const int CodesPerSecond = 1;

    /// <summary>Bytes of an IPv6 address that name its network, in which one machine has many addresses.</summary>
    private const int NetworkBytes = 8;

    private readonly Lock _turn = new();
    private readonly Dictionary<IPAddress, List<LinkConnection>> _byAddress = [];
    private readonly Buckets _codes = new(CodesAtOnce, time);
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts a new connection, and closes another one when there are too many.</summary>
    public void AddConnection(LinkConnection connection)
    {
        if (IsExempt(connection.Address)) return;
        var network = NetworkOf(connection.Address);
        LinkConnection? oldest = null;
        lock (_turn)
        {
            var same = _byAddress.GetValueOrDefault(network) ?? (_byAddress[network] = []);
            if (same.Count >= options.Value.UnpairedPerAddress) oldest = same[0];
            else if (_count >= options.Value.UnpairedConnections)
                oldest = _byAddress.Values.MaxBy(some => some.Count)?[0];
            same.Add(connection);
            _count++;
        }
        if (oldest is null) return;
        RemoveConnection(oldest);
        oldest.Close(Link.TryLater, "too many devices wait to be paired");
    }

    /// <summary>Forgets a connection that has proved to be a reader, or has ended.</summary>
    public void RemoveConnection(LinkConnection connection)
    {
        var network = NetworkOf(connection.Address);
        lock (_turn)
        {
            if (!_byAddress.TryGetValue(network, out var same) || !same.Remove(connection)) return;
            _count--;
            if (same.Count == 0) _byAddress.Remove(network);
        }
    }

    /// <summary>Whether an address may have another pairing code now.</summary>
    public bool TakeCode(IPAddress address) =>
        IsExempt(address) || _codes.TakeOne(NetworkOf(address).ToString(), CodesPerSecond) == TimeSpan.Zero;

    private static bool IsExempt(IPAddress address) => IPAddress.IsLoopback(address);

    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(NetworkBytes).Clear();
        return new(bytes);
    }
}

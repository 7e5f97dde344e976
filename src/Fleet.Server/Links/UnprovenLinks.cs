using System.Net;
using System.Net.Sockets;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Links;

/// <summary>
/// The connections of this node that have not proved to be a reader. Any program can open them, so their number is
/// limited: of those whose hello proved nothing, for each address and for the node; of those that have not said hello,
/// for the node alone, because thousands of paired devices can connect at the same moment. When there are too many, the
/// new one stays and the oldest one of the address that has most is closed. Connections from a loopback address are not
/// counted.
/// </summary>
internal sealed class UnprovenLinks(IOptions<FleetOptions> options, TimeProvider time)
{
    /// <summary>Connections without a hello, for each one that may wait to be paired.</summary>
    private const int SilentForEach = 5;

    /// <summary>Pairing codes for one address: so many at once, and then one each second.</summary>
    private static readonly TimeSpan CodesAtOnce = TimeSpan.FromSeconds(200);

    private const int CodesPerSecond = 1;

    /// <summary>Bytes of an IPv6 address that name its network, in which one machine has many addresses.</summary>
    private const int NetworkBytes = 8;

    private readonly LinkCrowd _silent = new(int.MaxValue, SilentForEach * options.Value.UnpairedConnections);
    private readonly LinkCrowd _unpaired =
        new(options.Value.UnpairedPerAddress, options.Value.UnpairedConnections);
    private readonly Buckets _codes = new(CodesAtOnce, time);

    /// <summary>How many there are.</summary>
    public int Count => _silent.Count + _unpaired.Count;

    /// <summary>Counts a new connection, which has not said hello.</summary>
    public void AddConnection(LinkConnection connection)
    {
        if (IsExempt(connection.Address)) return;
        Close(_silent.AddConnection(NetworkOf(connection.Address), connection));
    }

    /// <summary>Counts a connection whose hello proved nothing, unless it has ended.</summary>
    public void NoteUnpaired(LinkConnection connection)
    {
        if (!RemoveConnection(connection)) return;
        Close(_unpaired.AddConnection(NetworkOf(connection.Address), connection));
    }

    /// <summary>Forgets a connection that proved to be a reader, or ended; false when it was not counted.</summary>
    public bool RemoveConnection(LinkConnection connection)
    {
        var network = NetworkOf(connection.Address);
        return _silent.RemoveConnection(network, connection) | _unpaired.RemoveConnection(network, connection);
    }

    /// <summary>Whether an address may have another pairing code now.</summary>
    public bool TakeCode(IPAddress address) =>
        IsExempt(address) || _codes.TakeOne(NetworkOf(address).ToString(), CodesPerSecond) == TimeSpan.Zero;

    private static void Close(LinkConnection? oldest) =>
        oldest?.Close(Link.TryLater, "too many devices wait to be paired");

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

using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

#pragma warning disable CS8766 // Orleans' own implementation returns null, too, when there is no gateway

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// The identity of this node's silo. Orleans makes the generation, which distinguishes two runs at one address, from
/// the machine's clock, and takes a silo with an old generation for dead: a node with a slow clock could not join, and
/// a node whose clock was set back could not join again. This generation is made from the database's clock, and is
/// later than any before it.
/// </summary>
internal sealed class PostgresSilo(
    IOptions<SiloOptions> silo, IOptions<ClusterOptions> cluster, IOptions<EndpointOptions> endpoint,
    NpgsqlDataSource source) : ILocalSiloDetails
{
    /// <summary>Seconds since the day from which Orleans counts.</summary>
    private const string Next = """
        SELECT greatest(
            extract(epoch FROM clock_timestamp() - timestamptz '2022-01-01 00:00:00+00')::integer,
            (SELECT max(generation) + 1 FROM cluster_member
                WHERE deployment = $1 AND address = $2 AND port = $3))
        """;

    public string Name => silo.Value.SiloName;

    public string ClusterId => cluster.Value.ClusterId;

    public string DnsHostName { get; } = Dns.GetHostName();

    public SiloAddress SiloAddress { get; } = SiloAddress.New(
        endpoint.Value.AdvertisedIPAddress, endpoint.Value.SiloPort,
        NextGeneration(source, cluster.Value.ClusterId, endpoint.Value));

    /// <summary>None, because no client outside a silo uses Orleans here.</summary>
    public SiloAddress? GatewayAddress => null;

    private static int NextGeneration(NpgsqlDataSource source, string deployment, EndpointOptions here)
    {
        using var command = source.CreateCommand(Next);
        command.Parameters.AddWithValue(deployment);
        command.Parameters.AddWithValue($"{here.AdvertisedIPAddress}");
        command.Parameters.AddWithValue(here.SiloPort);
        return command.ExecuteScalar() is int generation
            ? generation
            : throw new InvalidOperationException("PostgreSQL gave this node no generation.");
    }
}

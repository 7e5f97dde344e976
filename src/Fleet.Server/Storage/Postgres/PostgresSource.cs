using System.Data.Common;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>The node's one pool of connections, for the ledger, Orleans' grain state and its membership.</summary>
internal static class PostgresSource
{
    /// <summary>
    /// Connections of one node at most; the nodes together must stay below PostgreSQL's <c>max_connections</c>. The
    /// ledger's writer needs one of them, however many readers there are.
    /// </summary>
    private const int MaxConnections = 20;

    /// <summary>Statements prepared per connection, by themselves once they were used twice.</summary>
    private const int MaxPrepared = 50;

    /// <summary>
    /// Statements are planned once per connection, and always by index: planning a group again costs more than a third
    /// of executing it, and a plan made while a table was small must not scan it when it has grown. None is compiled:
    /// that takes 20 ms, and these statements take less than one.
    /// </summary>
    private const string Plans = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

    /// <summary>
    /// Seconds to connect, and for a statement to answer: with the milliseconds below still in time for a till to hear
    /// within 3 seconds that the database is away.
    /// </summary>
    private const int TimeoutSeconds = 2;

    /// <summary>Milliseconds that a statement which is too late has to be called off.</summary>
    private const int CancelMilliseconds = 500;

    /// <summary>Makes the pool. What the connection string says itself counts.</summary>
    /// <exception cref="ArgumentException">It is not a connection string.</exception>
    public static NpgsqlDataSource OpenPool(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            ApplicationName = "fleet",
            Options = Plans,
            NoResetOnClose = true, // no statement changes a session
            MaxPoolSize = MaxConnections,
            MaxAutoPrepare = MaxPrepared,
            AutoPrepareMinUsages = 2,
            Timeout = TimeoutSeconds,
            CommandTimeout = TimeoutSeconds,
            CancellationTimeout = CancelMilliseconds,
        };
        var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
        foreach (string keyword in given.Keys) settings[keyword] = given[keyword];
        return NpgsqlDataSource.Create(settings);
    }
}

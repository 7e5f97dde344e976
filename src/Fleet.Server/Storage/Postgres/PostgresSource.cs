using System.Data.Common;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>The node's only pool of connections, for the ledger, Orleans' grain state and its membership.</summary>
internal static class PostgresSource
{
    /// <summary>
    /// Most connections of one node; all nodes together must stay below PostgreSQL's <c>max_connections</c>. The
    /// ledger's writers keep two of them, however many readers there are.
    /// </summary>
    private const int MaxConnections = 20;

    /// <summary>
    /// Prepared statements per connection; a statement is prepared automatically when it is used the second time.
    /// </summary>
    private const int MaxPrepared = 50;

    /// <summary>
    /// Statements are planned once per connection, and always by index: planning a group again takes more than a third
    /// of the time of executing it, and a plan made for a small table must not scan the table when it is large. JIT is
    /// off: compiling takes 20 ms, and these statements take less than one.
    /// </summary>
    private const string Plans = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

    /// <summary>
    /// Seconds to connect, and for a statement to answer. All waits of a request together have a limit of their own.
    /// </summary>
    private const int TimeoutSeconds = 2;

    /// <summary>Milliseconds in which a late statement must be cancelled.</summary>
    private const int CancelMilliseconds = 500;

    /// <summary>The same for the statements of a start: no till waits yet.</summary>
    private const int StartTimeoutSeconds = 30;

    /// <summary>And to connect, at a start: shorter, because it is tried again.</summary>
    private const int StartConnectSeconds = 5;

    /// <summary>Opens the pool. Values in the connection string override the defaults.</summary>
    /// <exception cref="InvalidOperationException">It is not a connection string.</exception>
    public static NpgsqlDataSource OpenPool(string connectionString) =>
        Open(connectionString, TimeoutSeconds, TimeoutSeconds);

    /// <summary>Opens what a node that starts uses until its database has the right schema.</summary>
    /// <exception cref="InvalidOperationException">It is not a connection string.</exception>
    public static NpgsqlDataSource OpenForStart(string connectionString) =>
        Open(connectionString, StartConnectSeconds, StartTimeoutSeconds);

    /// <summary>Opens the one connection with which the node asks whether the database answers.</summary>
    /// <exception cref="InvalidOperationException">It is not a connection string.</exception>
    public static NpgsqlDataSource OpenForProbe(string connectionString) =>
        Open(connectionString, TimeoutSeconds, TimeoutSeconds, connections: 1);

    private static NpgsqlDataSource Open(
        string connectionString, int connectSeconds, int statementSeconds, int? connections = null)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            ApplicationName = "fleet",
            Options = Plans,
            NoResetOnClose = true, // no statement changes a session
            MaxPoolSize = MaxConnections,
            MaxAutoPrepare = MaxPrepared,
            AutoPrepareMinUsages = 2,
            Timeout = connectSeconds,
            CommandTimeout = statementSeconds,
            CancellationTimeout = CancelMilliseconds,
        };
        var given = ReadKeywords(connectionString);
        foreach (string keyword in given.Keys) Set(settings, keyword, given[keyword]);
        if (connections is { } most) (settings.MinPoolSize, settings.MaxPoolSize) = (0, most);
        return NpgsqlDataSource.Create(settings);
    }

    private static DbConnectionStringBuilder ReadKeywords(string connectionString)
    {
        try
        {
            return new() { ConnectionString = connectionString };
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException(
                "The setting Fleet:Postgres is not a connection string like Host=db;Database=fleet.", e);
        }
    }

    /// <summary>The message never has the value, which may be a password.</summary>
    private static void Set(NpgsqlConnectionStringBuilder settings, string keyword, object value)
    {
        try
        {
            settings[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException
            or KeyNotFoundException)
        {
            throw new InvalidOperationException(
                settings.TryGetValue(keyword, out _)
                    ? $"In the setting Fleet:Postgres the value of {keyword} cannot be used."
                    : $"The setting Fleet:Postgres has {keyword}, which no connection string of PostgreSQL has.", e);
        }
    }
}

using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Connections to a file, all set up alike, also those of Orleans: without a busy time-out two writes that meet would
/// put one of them to sleep for 150 ms instead of the moment it has to wait.
/// </summary>
internal sealed class SqliteSource(string connectionString) : DbDataSource
{
    /// <summary>The connections to a file.</summary>
    public static SqliteSource ForFile(string path) =>
        new(new SqliteConnectionStringBuilder { DataSource = path }.ToString());

    public override string ConnectionString => connectionString;

    protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);

    protected override DbConnection OpenDbConnection() => SqliteSchema.OpenConnection(connectionString);

    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(OpenDbConnection());
}

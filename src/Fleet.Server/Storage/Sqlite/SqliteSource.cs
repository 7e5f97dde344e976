using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Connections to a file, all with the same settings, also those of Orleans. Without a busy time-out, one of two writes
/// at the same time would sleep for 150 ms instead of the short time that it must wait.
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

using System.Data.Common;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>Transactions read from PostgreSQL.</summary>
internal sealed class PostgresTransactions(NpgsqlDataSource source) : SqlTransactions(source)
{
    protected override object Write(Guid id) => id;

    protected override object Write(DateTimeOffset time) => time.UtcDateTime;

    protected override Guid ReadId(DbDataReader row, int column) => row.GetGuid(column);

    protected override DateTimeOffset ReadTime(DbDataReader row, int column) =>
        row.GetFieldValue<DateTimeOffset>(column);
}

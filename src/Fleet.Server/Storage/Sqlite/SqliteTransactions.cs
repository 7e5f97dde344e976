using System.Data.Common;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>Transactions read from the ledger's file.</summary>
internal sealed class SqliteTransactions(SqliteSource source) : SqlTransactions(source)
{
    protected override object Write(Guid id) => id.ToString();

    protected override object Write(DateTimeOffset time) => Microseconds.Of(time);

    protected override Guid ReadId(DbDataReader row, int column) => Guid.Parse(row.GetString(column));

    protected override DateTimeOffset ReadTime(DbDataReader row, int column) => Microseconds.Time(row.GetInt64(column));
}

using System.Data.Common;
using Fleet.Core;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>The ledger's file: ids as text, times as microseconds.</summary>
internal sealed class SqliteDatabase(SqliteSource source) : Database(source)
{
    public override Guid ReadId(DbDataReader row, int column) => Guid.Parse(row.GetString(column));

    public override DateTimeOffset ReadTime(DbDataReader row, int column) => Microseconds.ToTime(row.GetInt64(column));

    protected override object WriteId(Guid id) => id.ToString();

    protected override object WriteTime(DateTimeOffset time) => Microseconds.FromTime(time);
}

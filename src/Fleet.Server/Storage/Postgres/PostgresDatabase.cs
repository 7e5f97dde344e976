using System.Data.Common;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>PostgreSQL, which has types for ids and times.</summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source) : Database(source)
{
    public override Guid ReadId(DbDataReader row, int column) => row.GetGuid(column);

    public override DateTimeOffset ReadTime(DbDataReader row, int column) =>
        row.GetFieldValue<DateTimeOffset>(column);

    public override bool HasClock => true;

    public override string SkipLocked => "FOR UPDATE SKIP LOCKED";

    public override async Task<DateTimeOffset?> GetServerTime(CancellationToken cancel) =>
        (await ReadRows("SELECT clock_timestamp()", row => ReadTime(row, 0), cancel))[0];

    protected override object WriteId(Guid id) => id;

    protected override object WriteTime(DateTimeOffset time) => time.UtcDateTime;
}

using System.Data.Common;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>PostgreSQL, which has types for ids and times.</summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source) : Database(source)
{
    /// <summary>Views that every role may read.</summary>
    private const string Figures = """
        SELECT pg_database_size(current_database()), (SELECT sum(numbackends) FROM pg_stat_database)::bigint,
            current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
                - coalesce(current_setting('reserved_connections', true), '0')::bigint,
            (SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)
                FROM pg_stat_archiver)
        """;

    public override Guid ReadId(DbDataReader row, int column) => row.GetGuid(column);

    public override DateTimeOffset ReadTime(DbDataReader row, int column) =>
        row.GetFieldValue<DateTimeOffset>(column);

    public override bool HasClock => true;

    public override string SkipLocked => "FOR UPDATE SKIP LOCKED";

    public override async Task<DateTimeOffset?> GetServerTime(CancellationToken cancel) =>
        (await ReadRows("SELECT clock_timestamp()", row => ReadTime(row, 0), cancel))[0];

    public override async Task<StorageFigures?> ReadFigures(CancellationToken cancel) => (await ReadRows(Figures,
        row => new StorageFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetBoolean(3)), cancel))[0];

    protected override object WriteId(Guid id) => id;

    protected override object WriteTime(DateTimeOffset time) => time.UtcDateTime;
}

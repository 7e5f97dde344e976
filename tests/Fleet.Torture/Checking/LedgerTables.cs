using Npgsql;

namespace Fleet.Torture.Checking;

/// <summary>
/// Reads the ledger as any database client could: the checker shares no code with the server.
/// </summary>
internal sealed class LedgerTables(string postgres) : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(postgres);

    public Task<IReadOnlyList<Entry>> Entries() => Read(
        "SELECT reader_id, ver, kind, checkout_id, at, node, reason FROM ledger ORDER BY reader_id, ver",
        row => new Entry(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetGuid(3),
            row.GetFieldValue<DateTimeOffset>(4), row.GetString(5), Text(row, 6)));

    public Task<IReadOnlyList<CheckoutRow>> Checkouts() => Read(
        """
        SELECT checkout_id, reader_id, state, body::json #>> '{terms,description}',
               body::json #>> '{terms,amount,currency}', (body::json #>> '{terms,amount,value}')::bigint,
               coalesce((body::json ->> 'tip')::bigint, 0), (body::json ->> 'client_transaction_id')::uuid,
               body::json #>> '{terms,return_url}'
        FROM checkout ORDER BY checkout_id
        """,
        row => new CheckoutRow(row.GetGuid(0), row.GetString(1), row.GetString(2), Text(row, 3), row.GetString(4),
            row.GetInt64(5), row.GetInt64(6), row.GetGuid(7), Text(row, 8)));

    /// <summary>The same, with what became of them at SumUp's cloud.</summary>
    public Task<IReadOnlyList<CloudRow>> CloudCheckouts() => Read(
        """
        SELECT checkout_id, reader_id, state, body::json ->> 'reason',
               body::json #>> '{terms,amount,currency}', (body::json #>> '{terms,amount,value}')::bigint,
               coalesce((body::json ->> 'tip')::bigint, 0),
               body::json #>> '{cloud,foreign_id}', body::json #>> '{cloud,reader_id}',
               body::json #>> '{cloud,checkout_id}', body::json #>> '{cloud,client_transaction_id}',
               body::json #>> '{cloud,doubt}',
               jsonb_path_exists(body::jsonb, '$.claims[*].report.outcome ? (@ == "successful")'),
               (body::json #>> '{cloud,sent_at}')::timestamptz, (body::json ->> 'ended_at')::timestamptz
        FROM checkout ORDER BY checkout_id
        """,
        row => new CloudRow(row.GetGuid(0), row.GetString(1), row.GetString(2), Text(row, 3), row.GetString(4),
            row.GetInt64(5), row.GetInt64(6), Text(row, 7), Text(row, 8), Text(row, 9), Text(row, 10), Text(row, 11),
            row.GetBoolean(12), Time(row, 13), Time(row, 14)));

    public Task<IReadOnlyList<KeyRow>> Keys() => Read(
        "SELECT key, checkout_id FROM idempotency", row => new KeyRow(row.GetString(0), row.GetGuid(1)));

    public Task<IReadOnlyList<EventRow>> Events() => Read(
        """
        SELECT event_id, (body::json #>> '{payload,client_transaction_id}')::uuid, url, state, attempts, failures,
               encode(sha256(convert_to(body, 'UTF8')), 'hex')
        FROM outbox ORDER BY event_id
        """,
        row => new EventRow(row.GetGuid(0), row.IsDBNull(1) ? null : row.GetGuid(1), row.GetString(2), row.GetString(3),
            row.GetInt32(4), row.GetInt32(5), row.GetString(6)));

    /// <summary>The totals that the servers kept.</summary>
    public Task<IReadOnlyList<TotalRow>> Totals() => Read(
        """
        SELECT merchant_code, day, store, currency, kind, sum(count)::bigint, sum(amount)::bigint, sum(tips)::bigint
        FROM total GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0 OR sum(amount) <> 0 OR sum(tips) <> 0
        ORDER BY 1, 2, 3, 4, 5
        """, Total);

    /// <summary>The same, counted from the checkouts.</summary>
    public Task<IReadOnlyList<TotalRow>> Counted() => Read(
        """
        WITH ended AS (
            SELECT body::jsonb AS one, state FROM checkout
            WHERE state NOT IN ('accepted', 'started') AND body::jsonb #> '{cloud,refused}' IS NULL
        ), counted AS (
            SELECT one, one ->> 'ended_at' AS at,
                   CASE WHEN (one ->> 'disputed')::boolean THEN 'disputed' ELSE state END AS kind,
                   (one #>> '{terms,amount,value}')::bigint AS amount, (one ->> 'tip')::bigint AS tips
            FROM ended
            UNION ALL
            SELECT one, refund ->> 'at', 'refunded', (refund ->> 'amount')::bigint, 0
            FROM ended, jsonb_array_elements(one -> 'refunds') AS refund
        )
        SELECT one ->> 'merchant_code', to_char(at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'), one ->> 'store',
               one #>> '{terms,amount,currency}', kind, count(*), sum(amount)::bigint, sum(tips)::bigint
        FROM counted GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        """, Total);

    /// <summary>Checkouts that hold a reader now.</summary>
    public Task<long> CountOpen() => Count("SELECT count(*) FROM checkout WHERE state IN ('accepted', 'started')");

    /// <summary>Events that are neither delivered nor given up.</summary>
    public Task<long> CountWaiting() => Count("SELECT count(*) FROM outbox WHERE state = 'waiting'");

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static TotalRow Total(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5),
        row.GetInt64(6), row.GetInt64(7));

    private static string? Text(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private async Task<long> Count(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }

    private async Task<IReadOnlyList<T>> Read<T>(string sql, Func<NpgsqlDataReader, T> of)
    {
        var rows = new List<T>();
        await using var command = _source.CreateCommand(sql);
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync()) rows.Add(of(row));
        return rows;
    }
}

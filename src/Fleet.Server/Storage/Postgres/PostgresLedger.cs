using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>The ledger in PostgreSQL, shared by all nodes; each node commits in groups.</summary>
internal sealed class PostgresLedger : ILedger, IAsyncDisposable
{
    /// <summary>Groups that are written at the same time, at most.</summary>
    private const int Writers = 2;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresLedgerWriter[] _writers;
    private readonly GroupCommit<LedgerAppend, AppendOutcome> _commits;

    /// <param name="source">The node's only pool of connections, to a database with the current schema.</param>
    /// <param name="node">Name of this node, written beside each event.</param>
    /// <param name="meter">Measures the commits.</param>
    /// <param name="time">The clock; null: the machine's.</param>
    public PostgresLedger(
        NpgsqlDataSource source, string node, FleetMeter? meter = null, TimeProvider? time = null)
    {
        _source = source;
        var clock = time ?? TimeProvider.System;
        _writers =
            [.. Enumerable.Range(0, Writers).Select(number => new PostgresLedgerWriter(source, node, number, clock))];
        _commits = new(_writers.Select(Measured));

        Func<IReadOnlyList<LedgerAppend>, Task<AppendOutcome[]>> Measured(PostgresLedgerWriter writer) =>
            meter is null ? writer.CommitGroup : group => meter.MeasureCommit(group, writer.CommitGroup);
    }

    public Task<AppendOutcome> AppendEvents(LedgerAppend append) => _commits.AddItem(append);

    public Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel) => QueryOne(
        """
        SELECT (SELECT max(ver) FROM ledger WHERE reader_id = $1),
               (SELECT body FROM ledger JOIN checkout USING (checkout_id)
                WHERE ledger.reader_id = $1 AND kind = 'accepted' ORDER BY ver DESC LIMIT 1)
        """,
        row => new LedgerHead(
            row.IsDBNull(0) ? 0 : row.GetInt64(0),
            row.IsDBNull(1) ? null : StorageJson.CheckoutOf(row.GetString(1))),
        new LedgerHead(0, null), cancel, readerId);

    public Task<Checkout?> FindCheckout(
        string readerId, Guid checkoutId, CancellationToken cancel) => QueryOne<Checkout?>(
        "SELECT body FROM checkout WHERE checkout_id = $1 AND reader_id = $2",
        row => StorageJson.CheckoutOf(row.GetString(0)),
        null, cancel, checkoutId, readerId);

    public Task<string?> FindReader(Guid checkoutId, CancellationToken cancel) => QueryOne<string?>(
        "SELECT reader_id FROM checkout WHERE checkout_id = $1", row => row.GetString(0), null, cancel, checkoutId);

    public Task<KeyUse?> FindKey(
        string merchantCode, string key, DateTimeOffset now, CancellationToken cancel) => QueryOne<KeyUse?>(
        """
        SELECT fingerprint, body FROM idempotency JOIN checkout USING (checkout_id)
        WHERE merchant_code = $1 AND key = $2 AND at > $3
        """,
        row => KeyUse.FromCheckout(row.GetString(0), StorageJson.CheckoutOf(row.GetString(1))),
        null, cancel, merchantCode, key, (now - ILedger.KeysLast).UtcDateTime);

    public Task<IReadOnlyList<string>> ListOverdue(
        DateTimeOffset now, int limit, CancellationToken cancel) => QueryOne<IReadOnlyList<string>>(
        """
        SELECT array(SELECT reader_id FROM checkout
                     WHERE state = 'accepted' AND (valid_until <= $1 OR valid_until > $2)
                     ORDER BY valid_until LIMIT $3)
            || array(SELECT reader_id FROM checkout
                     WHERE state IN ('accepted', 'started') AND state = 'started' -- so that the index one_open is used
                       AND deadline <= $1 AND position('"terminate_requested":true' IN body) = 0
                     LIMIT $3)
        """,
        row => row.GetFieldValue<string[]>(0), [], cancel, now.UtcDateTime, (now + ILedger.LatestEnd).UtcDateTime,
        limit);

    public Task<IReadOnlyList<string>> ListInCloud(
        DateTimeOffset until, int limit, CancellationToken cancel) => QueryOne<IReadOnlyList<string>>(
        """
        SELECT array(SELECT reader_id FROM checkout
                     WHERE state IN ('accepted', 'started') AND state = 'started' -- so that the index one_open is used
                       AND valid_until <= $1 AND position('"cloud":{' IN body) > 0
                     ORDER BY valid_until LIMIT $2)
        """,
        row => row.GetFieldValue<string[]>(0), [], cancel, until.UtcDateTime, limit);

    public Task ForgetKey(string merchantCode, string key, Guid checkoutId) => QueryOne(
        "DELETE FROM idempotency WHERE merchant_code = $1 AND key = $2 AND checkout_id = $3", _ => true, true,
        CancellationToken.None, merchantCode, key, checkoutId);

    public Task ForgetOldKeys(DateTimeOffset now, CancellationToken cancel) => QueryOne(
        "DELETE FROM idempotency WHERE at <= $1", _ => true, true, cancel, (now - ILedger.KeysLast).UtcDateTime);

    public async ValueTask DisposeAsync()
    {
        await _commits.DisposeAsync();
        foreach (var writer in _writers) await writer.DisposeAsync();
    }

    private Task<T> QueryOne<T>(
        string sql, Func<NpgsqlDataReader, T> read, T none, CancellationToken cancel, params object[] parameters) =>
        Query(sql, read, none, parameters).WaitAsync(cancel);

    /// <summary>Not cancelled, for the same reason as <see cref="Database.ReadRows"/>.</summary>
    private async Task<T> Query<T>(string sql, Func<NpgsqlDataReader, T> read, T none, object[] parameters)
    {
        try
        {
            await using var command = _source.CreateCommand(sql);
            foreach (var parameter in parameters) command.Parameters.AddWithValue(parameter);
            await using var row = await command.ExecuteReaderAsync();
            return await row.ReadAsync() ? read(row) : none;
        }
        catch (NpgsqlException e)
        {
            throw new LedgerUnavailableException("The ledger cannot be read.", e);
        }
    }
}

using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// The ledger in one SQLite file: one writer that commits in groups, and readers that run at the same time.
/// </summary>
internal sealed class SqliteLedger : ILedger, IAsyncDisposable
{
    private readonly string _connectionString;
    private readonly SqliteConnection _connection;
    private readonly SqliteLedgerWriter _writer;
    private readonly GroupCommit<LedgerAppend, AppendOutcome> _commits;

    /// <summary>Opens or creates the file and updates it to the current schema.</summary>
    /// <param name="path">The file.</param>
    /// <param name="node">Name of this node, written beside each event.</param>
    /// <param name="meter">Measures the commits.</param>
    public SqliteLedger(string path, string node, FleetMeter? meter = null)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path }.ToString();
        SqliteSchema.ApplyScripts(_connectionString, "ledger");
        _connection = SqliteSchema.OpenConnection(_connectionString);
        _writer = new SqliteLedgerWriter(_connection, node);
        _commits = new(meter is null ? CommitGroup : group => meter.MeasureCommit(group, CommitGroup));
    }

    public Task<AppendOutcome> AppendEvents(LedgerAppend append) => _commits.AddItem(append);

    public Task<LedgerHead> LoadHead(string readerId, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = """
            SELECT (SELECT max(ver) FROM ledger WHERE reader_id = $reader),
                   (SELECT body FROM ledger JOIN checkout USING (checkout_id)
                    WHERE ledger.reader_id = $reader AND kind = 'accepted' ORDER BY ver DESC LIMIT 1)
            """;
        command.Parameters.AddWithValue("$reader", readerId);
        using var row = command.ExecuteReader();
        row.Read();
        return new LedgerHead(
            row.IsDBNull(0) ? 0 : row.GetInt64(0),
            row.IsDBNull(1) ? null : StorageJson.CheckoutOf(row.GetString(1)));
    });

    public Task<string?> FindReader(Guid checkoutId, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = "SELECT reader_id FROM checkout WHERE checkout_id = $id";
        command.Parameters.AddWithValue("$id", checkoutId.ToString());
        return command.ExecuteScalar() as string;
    });

    public Task<Checkout?> FindCheckout(
        string readerId, Guid checkoutId, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = "SELECT body FROM checkout WHERE checkout_id = $id AND reader_id = $reader";
        command.Parameters.AddWithValue("$id", checkoutId.ToString());
        command.Parameters.AddWithValue("$reader", readerId);
        return command.ExecuteScalar() is string body ? StorageJson.CheckoutOf(body) : null;
    });

    public Task<KeyUse?> FindKey(
        string merchantCode, string key, DateTimeOffset now, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = """
            SELECT k.fingerprint, c.body FROM idempotency k JOIN checkout c USING (checkout_id)
            WHERE k.merchant_code = $merchant AND k.key = $key AND k.at > $since
            """;
        command.Parameters.AddWithValue("$merchant", merchantCode);
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$since", Microseconds.FromTime(now - ILedger.KeysLast));
        using var row = command.ExecuteReader();
        return !row.Read() ? null : KeyUse.FromCheckout(row.GetString(0), StorageJson.CheckoutOf(row.GetString(1)));
    });

    public Task<IReadOnlyList<string>> ListOverdue(
        DateTimeOffset now, int limit, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = """
            SELECT * FROM (
                SELECT reader_id FROM checkout
                WHERE state = 'accepted' AND (valid_until <= $now OR valid_until > $latest)
                ORDER BY valid_until LIMIT $limit)
            UNION ALL
            SELECT * FROM (
                SELECT reader_id FROM checkout
                WHERE state IN ('accepted', 'started') AND state = 'started' -- so that the index one_open is used
                    AND deadline <= $now AND instr(body, '"terminate_requested":true') = 0
                LIMIT $limit)
            """;
        command.Parameters.AddWithValue("$now", Microseconds.FromTime(now));
        command.Parameters.AddWithValue("$latest", Microseconds.FromTime(now + ILedger.LatestEnd));
        command.Parameters.AddWithValue("$limit", limit);
        using var row = command.ExecuteReader();
        var readers = new List<string>();
        while (row.Read()) readers.Add(row.GetString(0));
        return (IReadOnlyList<string>)readers;
    });

    public Task<IReadOnlyList<string>> ListInCloud(
        DateTimeOffset until, int limit, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = """
            SELECT reader_id FROM checkout
            WHERE state IN ('accepted', 'started') AND state = 'started' -- so that the index one_open is used
                AND valid_until <= $until AND instr(body, '"cloud":{') > 0
            ORDER BY valid_until LIMIT $limit
            """;
        command.Parameters.AddWithValue("$until", Microseconds.FromTime(until));
        command.Parameters.AddWithValue("$limit", limit);
        return command.ReadRows(row => row.GetString(0));
    });

    public Task ForgetKey(string merchantCode, string key, Guid checkoutId) => RunQuery(command =>
    {
        command.CommandText = """
            DELETE FROM idempotency WHERE merchant_code = $merchant AND key = $key AND checkout_id = $id
            """;
        command.Parameters.AddWithValue("$merchant", merchantCode);
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$id", checkoutId.ToString());
        return command.ExecuteNonQuery();
    });

    public Task ForgetOldKeys(DateTimeOffset now, CancellationToken cancel) => RunQuery(command =>
    {
        command.CommandText = "DELETE FROM idempotency WHERE at <= $before";
        command.Parameters.AddWithValue("$before", Microseconds.FromTime(now - ILedger.KeysLast));
        return command.ExecuteNonQuery();
    });

    public async ValueTask DisposeAsync()
    {
        await _commits.DisposeAsync();
        _writer.Dispose();
        await _connection.DisposeAsync();
    }

    private Task<AppendOutcome[]> CommitGroup(IReadOnlyList<LedgerAppend> group) =>
        Task.FromResult(_writer.CommitGroup(group));

    /// <summary>
    /// Reads while the writer may write. SQLite has no asynchronous calls; reading one row takes microseconds.
    /// </summary>
    private Task<T> RunQuery<T>(Func<SqliteCommand, T> read)
    {
        try
        {
            using var connection = SqliteSchema.OpenConnection(_connectionString);
            using var command = connection.CreateCommand();
            return Task.FromResult(read(command));
        }
        catch (SqliteException e)
        {
            return Task.FromException<T>(new LedgerUnavailableException("The ledger cannot be read.", e));
        }
    }
}

using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Writes groups of appends. Each item has a savepoint, so that one refused by the fence takes only itself back.
/// Used by one thread.
/// </summary>
internal sealed class SqliteLedgerWriter : IDisposable
{
    private const int ConstraintViolated = 19;

    private readonly SqliteConnection _connection;
    private readonly string _node;
    private readonly SqliteCommand _mark, _keep, _undo, _entry, _open, _change, _key, _tell;

    public SqliteLedgerWriter(SqliteConnection connection, string node)
    {
        (_connection, _node) = (connection, node);
        _mark = Command("SAVEPOINT item");
        _keep = Command("RELEASE item");
        _undo = Command("ROLLBACK TO item; RELEASE item");
        _entry = Command("""
            INSERT INTO ledger (reader_id, ver, kind, checkout_id, at, node, reason, claim)
            VALUES ($reader, $ver, $kind, $checkout, $at, $node, $reason, $claim) ON CONFLICT DO NOTHING
            """, "$reader", "$ver", "$kind", "$checkout", "$at", "$node", "$reason", "$claim");
        _open = Command("""
            INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body)
            VALUES ($checkout, $reader, $state, $until, $body)
            """, "$checkout", "$reader", "$state", "$until", "$body");
        // A final state never changes: only its dispute may be noted.
        _change = Command("""
            UPDATE checkout SET state = $state, body = $body
            WHERE checkout_id = $checkout AND (state IN ('accepted', 'started') OR state = $state)
            """, "$checkout", "$state", "$body");
        _key = Command("""
            INSERT INTO idempotency (merchant_code, key, fingerprint, checkout_id, at)
            VALUES ($merchant, $key, $fingerprint, $checkout, $at)
            ON CONFLICT (merchant_code, key) DO UPDATE
                SET fingerprint = excluded.fingerprint, checkout_id = excluded.checkout_id, at = excluded.at
                WHERE idempotency.at <= $expired
            """, "$merchant", "$key", "$fingerprint", "$checkout", "$at", "$expired");
        _tell = Command("""
            INSERT INTO outbox (event_id, merchant_code, host, url, body, at, next_at)
            VALUES ($id, $merchant, $host, $url, $body, $at, $at)
            """, "$id", "$merchant", "$host", "$url", "$body", "$at");
    }

    private IEnumerable<SqliteCommand> All => [_mark, _keep, _undo, _entry, _open, _change, _key, _tell];

    /// <summary>Commits a group; when this throws, the outcome of the whole group is unknown.</summary>
    public AppendOutcome[] Commit(IReadOnlyList<LedgerAppend> group)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var command in All) command.Transaction = transaction;
        var outcomes = new AppendOutcome[group.Count];
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] = Write(group[i]);
        transaction.Commit();
        return outcomes;
    }

    public void Dispose()
    {
        foreach (var command in All) command.Dispose();
    }

    private AppendOutcome Write(LedgerAppend append)
    {
        _mark.ExecuteNonQuery();
        var outcome = TryWrite(append);
        (outcome is AppendOutcome.Appended ? _keep : _undo).ExecuteNonQuery();
        return outcome;
    }

    private AppendOutcome TryWrite(LedgerAppend append)
    {
        var version = append.ExpectedVersion;
        foreach (var happened in append.Events)
        {
            version++;
            if (!WriteEntry(append.ReaderId, version, happened)) return AppendOutcome.Stale;
            if (!(happened.Kind is EventKind.Accepted ? Open(happened.Checkout) : Change(happened.Checkout)))
                return AppendOutcome.Stale;
            if (happened.Kind is EventKind.Accepted && append.Key is { } key && !Claim(key, happened.Checkout))
                return AppendOutcome.KeyTaken;
            if (WebhookEvent.Of(happened) is { } told) Tell(told);
        }
        return AppendOutcome.Appended;
    }

    private bool WriteEntry(string readerId, long version, ReaderEvent happened)
    {
        var claim = happened.Claim is { } said ? StorageJson.Body(said) : null;
        return Run(_entry, readerId, version, happened.Kind.Word(), happened.Checkout.Id.ToString(),
            Microseconds.Of(happened.Checkout.UpdatedAt), _node, happened.Checkout.Reason?.Word(), claim) == 1;
    }

    private bool Open(Checkout checkout)
    {
        try
        {
            return Run(_open, checkout.Id.ToString(), checkout.ReaderId, checkout.State.Word(),
                Microseconds.Of(checkout.ValidUntil), StorageJson.Body(checkout)) == 1;
        }
        catch (SqliteException e) when (e.SqliteErrorCode == ConstraintViolated)
        {
            return false; // one_open held: this activation does not know what the ledger knows
        }
    }

    private bool Change(Checkout checkout) =>
        Run(_change, checkout.Id.ToString(), checkout.State.Word(), StorageJson.Body(checkout)) == 1;

    private bool Claim(IdempotencyKey key, Checkout checkout) =>
        Run(_key, key.MerchantCode, key.Key, key.Fingerprint, checkout.Id.ToString(),
            Microseconds.Of(checkout.AcceptedAt), Microseconds.Of(checkout.AcceptedAt - ILedger.KeysLast)) == 1;

    private void Tell(WebhookEvent told) => Run(_tell, told.Id.ToString(), told.MerchantCode, told.Host, told.Url,
        told.Body, Microseconds.Of(told.At));

    private static int Run(SqliteCommand command, params object?[] values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}

using System.Text;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Sqlite;

/// <summary>
/// Writes groups of appends. Each item has a savepoint, so that only the refused item is rolled back. Used by one
/// thread.
/// </summary>
internal sealed class SqliteLedgerWriter : IDisposable
{
    private const int ConstraintViolated = 19;

    private const string NoteDoubt =
        "UPDATE checkout SET in_doubt = 1 WHERE checkout_id = $checkout AND single_payment";

    private const string HoldSales = $"""
        UPDATE checkout SET sale_held = 1
        WHERE checkout_id = (SELECT max(checkout_id) FROM checkout WHERE reference = $reference AND in_doubt)
            AND NOT EXISTS (SELECT 1 FROM checkout WHERE reference = $reference AND {SqlTransactions.HoldsSale})
        """;

    private readonly SqliteConnection _connection;
    private readonly string _node;
    private readonly SqliteCommand
        _mark, _keep, _undo, _entry, _open, _sale, _doubt, _hold, _change, _key, _tell, _list, _refund, _note, _total,
        _dispute;
    private AuditTail _tail = AuditTail.Begin(Guid.NewGuid());

    public SqliteLedgerWriter(SqliteConnection connection, string node)
    {
        (_connection, _node) = (connection, node);
        _mark = CreateCommand("SAVEPOINT item");
        _keep = CreateCommand("RELEASE item");
        _undo = CreateCommand("ROLLBACK TO item; RELEASE item");
        _entry = CreateCommand("""
            INSERT INTO ledger (reader_id, ver, kind, checkout_id, at, node, reason, claim)
            VALUES ($reader, $ver, $kind, $checkout, $at, $node, $reason, $claim) ON CONFLICT DO NOTHING
            """, "$reader", "$ver", "$kind", "$checkout", "$at", "$node", "$reason", "$claim");
        _open = CreateCommand("""
            INSERT INTO checkout
                (checkout_id, reader_id, state, valid_until, body, first_ver, last_ver, reference, single_payment,
                    deadline)
            VALUES ($checkout, $reader, $state, $until, $body, $ver, $ver, $reference, $single, $deadline)
            """, "$checkout", "$reader", "$state", "$until", "$body", "$ver", "$reference", "$single", "$deadline");
        _sale = CreateCommand($"SELECT checkout_id {SqlTransactions.Sale}", "@reference");
        _doubt = CreateCommand(NoteDoubt, "$checkout");
        _hold = CreateCommand(HoldSales, "$reference");
        // A final state never changes; only its dispute may be added.
        _change = CreateCommand("""
            UPDATE checkout SET state = $state, body = $body, last_ver = $ver
            WHERE checkout_id = $checkout AND (state IN ('accepted', 'started') OR state = $state)
            """, "$checkout", "$state", "$body", "$ver");
        _key = CreateCommand("""
            INSERT INTO idempotency (merchant_code, key, fingerprint, checkout_id, at)
            VALUES ($merchant, $key, $fingerprint, $checkout, $at)
            ON CONFLICT (merchant_code, key) DO UPDATE
                SET fingerprint = excluded.fingerprint, checkout_id = excluded.checkout_id, at = excluded.at
                WHERE idempotency.at <= $expired
            """, "$merchant", "$key", "$fingerprint", "$checkout", "$at", "$expired");
        _tell = CreateCommand("""
            INSERT INTO outbox (event_id, merchant_code, host, url, body, at, next_at, trace)
            VALUES ($id, $merchant, $host, $url, $body, $at, $at, $trace)
            """, "$id", "$merchant", "$host", "$url", "$body", "$at", "$trace");
        _list = CreateCommand("""
            INSERT INTO history (merchant_code, ref, kind, status, entry_mode, code, checkout_id, till)
            VALUES ($merchant, $ref, $kind, $status, $mode, $code, $checkout, $till)
            """, "$merchant", "$ref", "$kind", "$status", "$mode", "$code", "$checkout", "$till");
        _refund = CreateCommand("""
            UPDATE history SET status = 'refunded', changed_at = $at
            WHERE merchant_code = $merchant AND ref = $ref
            """, "$at", "$merchant", "$ref");
        _dispute = CreateCommand($"""
            INSERT INTO incident ({IncidentSql.NewColumns})
            VALUES ($id, $kind, $subject, $merchant, $store, $reader, $serial, $checkout, NULL, NULL, $detail, $at, $at)
            {IncidentSql.OrCount}
            """, "$id", "$kind", "$subject", "$merchant", "$store", "$reader", "$serial", "$checkout", "$detail",
            "$at");
        _note = CreateCommand($"""
            INSERT INTO audit ({SqlAudit.Columns})
            VALUES ($chain, $seq, $at, $node, $key, $name, $merchant, $action, $subject, $detail, $remote, $prev, $hash)
            """, "$chain", "$seq", "$at", "$node", "$key", "$name", "$merchant", "$action", "$subject", "$detail",
            "$remote", "$prev", "$hash");
        _total = CreateCommand("""
            INSERT INTO total AS t (merchant_code, day, store, currency, kind, slot, count, amount, tips)
            VALUES ($merchant, $day, $store, $currency, $kind, 0, $count, $amount, $tips)
            ON CONFLICT (merchant_code, day, store, currency, kind, slot) DO UPDATE
                SET count = t.count + excluded.count, amount = t.amount + excluded.amount, tips = t.tips + excluded.tips
            """, "$merchant", "$day", "$store", "$currency", "$kind", "$count", "$amount", "$tips");
    }

    private IEnumerable<SqliteCommand> All =>
    [
        _mark, _keep, _undo, _entry, _open, _sale, _doubt, _hold, _change, _key, _tell, _list, _refund, _note, _total,
        _dispute,
    ];

    /// <summary>Commits a group; when this throws, it is not known whether any item of the group was saved.</summary>
    public AppendOutcome[] CommitGroup(IReadOnlyList<LedgerAppend> group)
    {
        using var transaction = _connection.BeginTransaction(deferred: false);
        foreach (var command in All) command.Transaction = transaction;
        var (outcomes, tail) = (new AppendOutcome[group.Count], _tail);
        _tail = AuditTail.Begin(Guid.NewGuid()); // a new chain, unless the commit is known to have worked
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] = WriteAppend(group[i], ref tail);
        transaction.Commit();
        _tail = tail;
        return outcomes;
    }

    public void Dispose()
    {
        foreach (var command in All) command.Dispose();
    }

    private AppendOutcome WriteAppend(LedgerAppend append, ref AuditTail tail)
    {
        _mark.ExecuteNonQuery();
        var outcome = TryWrite(append);
        if (outcome is AppendOutcome.Appended && append.Note is { } note)
            tail = AddNote(tail.NextRow(note, append.At, _node));
        (outcome is AppendOutcome.Appended ? _keep : _undo).ExecuteNonQuery();
        return outcome;
    }

    private AppendOutcome TryWrite(LedgerAppend append)
    {
        var version = append.ExpectedVersion;
        foreach (var (place, happened) in append.Events.Index())
        {
            version++;
            var body = Encoding.UTF8.GetString(append.BodyOf(place).Span);
            if (!WriteEntry(append.ReaderId, version, happened)) return AppendOutcome.Stale;
            var (opens, checkout) = (happened.Kind is EventKind.Accepted, happened.Checkout);
            if (opens && !OpenCheckout(checkout, body, version, append.SinglePayment))
                return append.Sale is { } sale && IsTaken(sale) ? AppendOutcome.SaleTaken : AppendOutcome.Stale;
            if (!opens && !ChangeCheckout(checkout, body, version)) return AppendOutcome.Stale;
            if (checkout.IsUnpaid) HoldSale(checkout);
            if (HistoryRow.FromEvent(happened) is { } listed) AddHistory(listed, checkout);
            if (WebhookEvent.FromEvent(happened) is { } told) AddWebhook(told);
            foreach (var (total, sum) in Totals.FromEvent(happened))
                RunCommand(_total, total.MerchantCode, SqlTotals.DayOf(total.Day), total.Store, total.Currency,
                    total.Kind.ToWireName(), sum.Count, sum.Amount, sum.Tips);
            if (Occurrence.FromEvent(happened) is { } dispute) NoteDispute(dispute);
        }
        return append.Key is { } key && !ClaimKey(key, append.Events[^1].Checkout)
            ? AppendOutcome.KeyTaken
            : AppendOutcome.Appended;
    }

    private bool WriteEntry(string readerId, long version, ReaderEvent happened)
    {
        var claim = happened.Claim is { } said ? StorageJson.WriteBody(said) : null;
        return RunCommand(_entry, readerId, version, happened.Kind.ToWireName(), happened.Checkout.Id.ToString(),
            Microseconds.FromTime(happened.Checkout.UpdatedAt), _node, happened.Word, claim) == 1;
    }

    private bool OpenCheckout(Checkout checkout, string body, long version, bool singlePayment)
    {
        try
        {
            return RunCommand(_open, checkout.Id.ToString(), checkout.ReaderId, checkout.State.ToWireName(),
                Microseconds.FromTime(checkout.ValidUntil), body, version,
                HistoryRow.ReferenceOf(checkout), singlePayment,
                checkout.DeadlineAt is { } end ? Microseconds.FromTime(end) : null) == 1;
        }
        catch (SqliteException e) when (e.SqliteErrorCode == ConstraintViolated)
        {
            return false; // one_payment, or one_open: then this activation does not know the newest events
        }
    }

    private bool IsTaken(string sale)
    {
        _sale.Parameters[0].Value = sale;
        return _sale.ExecuteScalar() is not null;
    }

    private bool ChangeCheckout(Checkout checkout, string body, long version) =>
        RunCommand(_change, checkout.Id.ToString(), checkout.State.ToWireName(), body, version) == 1;

    /// <summary>
    /// A checkout in doubt holds its sale at once, or when another one that has it meanwhile ends without a payment.
    /// </summary>
    private void HoldSale(Checkout ended)
    {
        if (HistoryRow.ReferenceOf(ended) is not { } reference) return;
        if (ended.IsDoubtful) RunCommand(_doubt, ended.Id.ToString());
        RunCommand(_hold, reference);
    }

    private void AddHistory(HistoryRow row, Checkout checkout)
    {
        RunCommand(_list, row.MerchantCode, row.Ref.ToString(), row.Kind.ToWireName(), row.Status.ToWireName(),
            row.EntryMode?.ToWireName(), row.Code, row.CheckoutId.ToString(), row.Till);
        if (row.Kind is not HistoryKind.Refund) return;
        var payment = HistoryRow.PaymentRef(checkout).ToString();
        RunCommand(_refund, Microseconds.FromTime(checkout.UpdatedAt), row.MerchantCode, payment);
    }

    private bool ClaimKey(IdempotencyKey key, Checkout checkout) =>
        RunCommand(_key, key.MerchantCode, key.Key, key.Fingerprint, checkout.Id.ToString(),
            Microseconds.FromTime(checkout.UpdatedAt),
            Microseconds.FromTime(checkout.UpdatedAt - ILedger.KeysLast)) == 1;

    private void AddWebhook(
        WebhookEvent told) => RunCommand(_tell, told.Id.ToString(), told.MerchantCode, told.Host, told.Url,
        told.Body, Microseconds.FromTime(told.At), told.Trace);

    private void NoteDispute(Occurrence seen) => RunCommand(_dispute, $"{Guid.CreateVersion7(seen.At)}",
        seen.Kind.ToWireName(), seen.Subject.Key, seen.Subject.MerchantCode, seen.Subject.Store, seen.Subject.ReaderId,
        seen.Subject.Serial, $"{seen.Subject.CheckoutId}", seen.Detail, Microseconds.FromTime(seen.At));

    private AuditTail AddNote(AuditRow row)
    {
        RunCommand(_note, row.Chain.ToString(), row.Seq, Microseconds.FromTime(row.At), row.Node, row.Note.KeyId,
            row.Note.KeyName,
            row.Note.MerchantCode, row.Note.Action, row.Note.Subject, row.Note.Detail, row.Note.RemoteAddress,
            row.Prev, row.Hash);
        return row.Tail;
    }

    private static int RunCommand(SqliteCommand command, params object?[] values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command.ExecuteNonQuery();
    }

    private SqliteCommand CreateCommand(string sql, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}

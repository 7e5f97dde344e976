using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// Writes a group as one batch, which is its own transaction, so that a node that freezes leaves no transaction open.
/// Keys are inserted before ledger rows, and ledger rows before open checkouts, all in sorted order, so that the groups
/// of two writers cannot deadlock. One case remains: group A ends sale 1 and starts sale 2, while group B ends sale 2
/// and starts sale 1. PostgreSQL then aborts one of them, and its halves are tried. A writer has one group at a time.
/// </summary>
/// <param name="source">Has the connection.</param>
/// <param name="node">The node.</param>
/// <param name="number">Which writer of the node it is.</param>
/// <param name="time">The clock.</param>
internal sealed class PostgresLedgerWriter(NpgsqlDataSource source, string node, int number, TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>
    /// The errors that <c>refuse_append</c> raises about a key, and about a checkout that cannot be changed.
    /// </summary>
    private const string KeyTaken = "FL001", NotChanged = "FL002";

    /// <summary>The index of references that may be paid once only.</summary>
    private const string OnePayment = "one_payment";

    private const string ClaimKeys = """
        WITH claimed AS (
            INSERT INTO idempotency AS i (merchant_code, key, fingerprint, checkout_id, at)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[])
                AS r (merchant_code, key, fingerprint, checkout_id, at)
            ORDER BY merchant_code COLLATE "C", key COLLATE "C"
            ON CONFLICT (merchant_code, key) DO UPDATE
                SET fingerprint = excluded.fingerprint, checkout_id = excluded.checkout_id, at = excluded.at
                WHERE i.at <= excluded.at - interval '24 hours'
            RETURNING 1
        )
        SELECT CASE WHEN count(*) < cardinality($1) THEN refuse_append('FL001') END FROM claimed
        """;

    private const string AddEvents = """
        INSERT INTO ledger (reader_id, ver, kind, checkout_id, at, reason, claim, node)
        SELECT r.*, $8
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[])
            AS r (reader_id, ver, kind, checkout_id, at, reason, claim)
        ORDER BY reader_id COLLATE "C", ver
        """;

    /// <summary>A final state never changes.</summary>
    private const string ChangeCheckouts = """
        WITH changed AS (
            UPDATE checkout c SET state = r.state, body = r.body, last_ver = r.ver
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS r (checkout_id, state, body, ver)
            WHERE c.checkout_id = r.checkout_id AND (c.state IN ('accepted', 'started') OR c.state = r.state)
            RETURNING 1
        )
        SELECT CASE WHEN count(*) < cardinality($1) THEN refuse_append('FL002') END FROM changed
        """;

    private const string OpenCheckouts = """
        INSERT INTO checkout
            (checkout_id, state, body, first_ver, last_ver, reader_id, valid_until, reference, single_payment, deadline)
        SELECT r.checkout_id, r.state, r.body, r.ver, r.ver, r.reader_id, r.valid_until, r.reference, r.single_payment,
            r.deadline
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
            $8::boolean[], $9::timestamptz[])
            AS r (checkout_id, state, body, ver, reader_id, valid_until, reference, single_payment, deadline)
        ORDER BY r.reference COLLATE "C"
        """;

    private const string AddHistory = """
        INSERT INTO history (merchant_code, ref, kind, status, entry_mode, code, checkout_id, till)
        SELECT * FROM unnest(
            $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[])
        """;

    private const string MarkRefunded = """
        UPDATE history h SET status = 'refunded', changed_at = r.at
        FROM unnest($1::text[], $2::uuid[], $3::timestamptz[]) AS r (merchant_code, ref, at)
        WHERE h.merchant_code = r.merchant_code AND h.ref = r.ref
        """;

    private const string TellOutcomes = """
        INSERT INTO outbox (event_id, merchant_code, host, url, body, trace, at, next_at)
        SELECT r.*, r.at
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
            AS r (event_id, merchant_code, host, url, body, trace, at)
        """;

    private const string NoteDisputes = $"""
        INSERT INTO incident ({IncidentSql.NewColumns})
        SELECT r.incident_id, $10, r.subject, r.merchant_code, r.store, r.reader_id, r.serial, r.checkout_id, NULL,
            NULL, r.detail, r.at, r.at
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
            $9::timestamptz[]) AS r (incident_id, subject, merchant_code, store, reader_id, serial, checkout_id,
            detail, at)
        ORDER BY r.subject COLLATE "C"
        {IncidentSql.OrCount}
        """;

    private const string AddNotes = """
        INSERT INTO audit (seq, at, key_id, key_name, merchant_code, action, subject, detail, remote, prev, hash,
            chain, node)
        SELECT r.*, $12, $13
        FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[])
            AS r (seq, at, key_id, key_name, merchant_code, action, subject, detail, remote, prev, hash)
        """;

    /// <summary>The rows of totals that this writer changes.</summary>
    private readonly int _slot = PostgresTotals.SlotOf(node, number);

    private AuditTail _tail = AuditTail.Begin(Guid.NewGuid());

    private readonly KeptConnection _connection = new(source, time);

    /// <summary>
    /// Commits a group; when this throws, it is not known whether any item of the group was saved, unless the exception
    /// says that nothing was sent.
    /// </summary>
    public async Task<AppendOutcome[]> CommitGroup(IReadOnlyList<LedgerAppend> group)
    {
        await Connect();
        var outcomes = new AppendOutcome[group.Count];
        try
        {
            foreach (var round in SplitRounds(group)) await WriteItems(group, round, outcomes);
            return outcomes;
        }
        catch
        {
            // begins a new chain, because it is not known whether the rows of the old one were saved
            _tail = AuditTail.Begin(Guid.NewGuid());
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Before the first statement: a group that has no connection is surely not saved.</summary>
    private async Task Connect()
    {
        try
        {
            await _connection.Open();
        }
        catch (NpgsqlException e)
        {
            throw new LedgerUnavailableException("The database takes no connection.", e) { NothingSent = true };
        }
    }

    /// <summary>
    /// Splits a group into rounds in which no reader, key or sale comes twice; nearly always one round.
    /// </summary>
    private static IEnumerable<List<int>> SplitRounds(IReadOnlyList<LedgerAppend> group)
    {
        var left = Enumerable.Range(0, group.Count).ToList();
        while (left.Count > 0)
        {
            var (readers, keys) = (new HashSet<string>(left.Count), new HashSet<(string, string)>());
            var sales = new HashSet<string>();
            var round = left.FindAll(item => readers.Add(group[item].ReaderId)
                && (group[item].Key is not { } key || keys.Add((key.MerchantCode, key.Key)))
                && (group[item].Sale is not { } sale || sales.Add(sale)));
            left = round.Count == left.Count ? [] : [.. left.Except(round)];
            yield return round;
        }
    }

    /// <summary>
    /// Writes some items together. When one of them cannot be saved, the whole batch is rolled back; then each half is
    /// tried, and so on, until each refused item is alone.
    /// </summary>
    private async Task WriteItems(IReadOnlyList<LedgerAppend> group, List<int> items, AppendOutcome[] outcomes)
    {
        var outcome = await TryWrite([.. RowsOf(group, items)], NotesOf(group, items));
        // Another node has just started the sale that a checkout in doubt was to hold; that is seen now.
        if (outcome is AppendOutcome.SaleTaken && items.Count == 1 && group[items[0]].Sale is null)
            outcome = await TryWrite([.. RowsOf(group, items)], NotesOf(group, items)) switch
            {
                AppendOutcome.SaleTaken => AppendOutcome.Stale, // the same once more, so that the caller repeats it
                var second => second,
            };
        if (items.Count == 1) outcomes[items[0]] = outcome;
        if (items.Count == 1 || outcome is AppendOutcome.Appended) return;
        var half = items.Count / 2;
        await WriteItems(group, items[..half], outcomes);
        await WriteItems(group, items[half..], outcomes);
    }

    private async Task<AppendOutcome> TryWrite(List<Row> rows, List<AuditRow> notes)
    {
        await using var batch = new NpgsqlBatch(await _connection.Open());
        FillBatch(batch.BatchCommands, rows);
        if (notes.Count > 0) batch.BatchCommands.Add(BuildAuditNotes(notes));
        try
        {
            await batch.ExecuteNonQueryAsync();
            _connection.NoteUse();
            if (notes.Count > 0) _tail = notes[^1].Tail;
            return AppendOutcome.Appended;
        }
        catch (PostgresException e) when (e.SqlState is KeyTaken or NotChanged
            or PostgresErrorCodes.UniqueViolation // the version exists already, one_open, or one_payment
            or PostgresErrorCodes.DeadlockDetected)
        {
            return e switch
            {
                { SqlState: KeyTaken } => AppendOutcome.KeyTaken,
                { ConstraintName: OnePayment } => AppendOutcome.SaleTaken,
                _ => AppendOutcome.Stale,
            };
        }
    }

    /// <summary>Slots are freed before new ones are taken.</summary>
    private void FillBatch(NpgsqlBatchCommandCollection batch, List<Row> rows)
    {
        var keyed = rows.FindAll(row => row.Key is not null);
        if (keyed.Count > 0) batch.Add(BuildKeyClaims(keyed));
        batch.Add(BuildEvents(rows));
        var changed = rows.FindAll(row => !row.Opens);
        if (changed.Count > 0) batch.Add(BuildCheckouts(ChangeCheckouts, changed));
        foreach (var hold in PostgresSales.BuildHolds(changed.ConvertAll(row => row.Checkout))) batch.Add(hold);
        var opened = rows.FindAll(row => row.Opens);
        if (opened.Count > 0)
        {
            batch.Add(BuildCheckouts(OpenCheckouts, opened)
                .WithColumn(opened, NpgsqlDbType.Text, row => row.Append.ReaderId)
                .WithColumn(opened, NpgsqlDbType.TimestampTz, row => row.Checkout.ValidUntil.UtcDateTime)
                .WithColumn(opened, NpgsqlDbType.Text, row => HistoryRow.ReferenceOf(row.Checkout))
                .WithColumn(opened, NpgsqlDbType.Boolean, row => row.Append.SinglePayment)
                .WithColumn(opened, NpgsqlDbType.TimestampTz, row => row.Checkout.DeadlineAt?.UtcDateTime));
        }
        var listed = changed.ConvertAll(row => HistoryRow.FromEvent(row.Happened)).OfType<HistoryRow>().ToList();
        if (listed.Count > 0) batch.Add(BuildHistory(listed));
        var refunded = changed.FindAll(row => row.Happened.Kind is EventKind.Refunded);
        if (refunded.Count > 0) batch.Add(BuildRefundMarks(refunded));
        var told = changed.ConvertAll(row => WebhookEvent.FromEvent(row.Happened)).OfType<WebhookEvent>().ToList();
        if (told.Count > 0) batch.Add(BuildWebhooks(told));
        var disputes = changed.ConvertAll(row => Occurrence.FromEvent(row.Happened)).OfType<Occurrence>().ToList();
        if (disputes.Count > 0) batch.Add(BuildDisputes(disputes));
        if (PostgresTotals.BuildTotals(changed.Select(row => row.Happened), _slot) is { } totals) batch.Add(totals);
    }

    private static NpgsqlBatchCommand BuildKeyClaims(List<Row> rows) => new NpgsqlBatchCommand(ClaimKeys)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Key?.MerchantCode)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Key?.Key)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Key?.Fingerprint)
        .WithColumn(rows, NpgsqlDbType.Uuid, row => row.Checkout.Id)
        .WithColumn(rows, NpgsqlDbType.TimestampTz, row => row.Checkout.UpdatedAt.UtcDateTime);

    private NpgsqlBatchCommand BuildEvents(List<Row> rows)
    {
        var command = new NpgsqlBatchCommand(AddEvents)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Append.ReaderId)
            .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Version)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Happened.Kind.ToWireName())
            .WithColumn(rows, NpgsqlDbType.Uuid, row => row.Checkout.Id)
            .WithColumn(rows, NpgsqlDbType.TimestampTz, row => row.Checkout.UpdatedAt.UtcDateTime)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Happened.Word)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Claim);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node });
        return command;
    }

    private static NpgsqlBatchCommand BuildCheckouts(string sql, List<Row> rows) => new NpgsqlBatchCommand(sql)
        .WithColumn(rows, NpgsqlDbType.Uuid, row => row.Checkout.Id)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Checkout.State.ToWireName())
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Body)
        .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Version);

    private static NpgsqlBatchCommand BuildHistory(List<HistoryRow> rows) => new NpgsqlBatchCommand(AddHistory)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.MerchantCode)
        .WithColumn(rows, NpgsqlDbType.Uuid, row => row.Ref)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Kind.ToWireName())
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Status.ToWireName())
        .WithColumn(rows, NpgsqlDbType.Text, row => row.EntryMode?.ToWireName())
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Code)
        .WithColumn(rows, NpgsqlDbType.Uuid, row => row.CheckoutId)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Till);

    private static NpgsqlBatchCommand BuildRefundMarks(List<Row> rows) => new NpgsqlBatchCommand(MarkRefunded)
        .WithColumn(rows, NpgsqlDbType.Text, row => row.Checkout.MerchantCode)
        .WithColumn(rows, NpgsqlDbType.Uuid, row => HistoryRow.PaymentRef(row.Checkout))
        .WithColumn(rows, NpgsqlDbType.TimestampTz, row => row.Checkout.UpdatedAt.UtcDateTime);

    private static NpgsqlBatchCommand BuildWebhooks(List<WebhookEvent> told) => new NpgsqlBatchCommand(TellOutcomes)
        .WithColumn(told, NpgsqlDbType.Uuid, one => one.Id)
        .WithColumn(told, NpgsqlDbType.Text, one => one.MerchantCode)
        .WithColumn(told, NpgsqlDbType.Text, one => one.Host)
        .WithColumn(told, NpgsqlDbType.Text, one => one.Url)
        .WithColumn(told, NpgsqlDbType.Text, one => one.Body)
        .WithColumn(told, NpgsqlDbType.Text, one => one.Trace)
        .WithColumn(told, NpgsqlDbType.TimestampTz, one => one.At.UtcDateTime);

    private static NpgsqlBatchCommand BuildDisputes(List<Occurrence> disputes)
    {
        var command = new NpgsqlBatchCommand(NoteDisputes)
            .WithColumn(disputes, NpgsqlDbType.Uuid, one => Guid.CreateVersion7(one.At))
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Subject.Key)
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Subject.MerchantCode)
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Subject.Store)
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Subject.ReaderId)
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Subject.Serial)
            .WithColumn(disputes, NpgsqlDbType.Uuid, one => one.Subject.CheckoutId.GetValueOrDefault())
            .WithColumn(disputes, NpgsqlDbType.Text, one => one.Detail)
            .WithColumn(disputes, NpgsqlDbType.TimestampTz, one => one.At.UtcDateTime);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = disputes[0].Kind.ToWireName() });
        return command;
    }

    private static NpgsqlBatchCommand BuildAuditNotes(List<AuditRow> rows)
    {
        var command = new NpgsqlBatchCommand(AddNotes)
            .WithColumn(rows, NpgsqlDbType.Bigint, row => row.Seq)
            .WithColumn(rows, NpgsqlDbType.TimestampTz, row => row.At.UtcDateTime)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.KeyId)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.KeyName)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.MerchantCode)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.Action)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.Subject)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.Detail)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Note.RemoteAddress)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Prev)
            .WithColumn(rows, NpgsqlDbType.Text, row => row.Hash);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = rows[0].Chain });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = rows[0].Node });
        return command;
    }

    private List<AuditRow> NotesOf(IReadOnlyList<LedgerAppend> group, List<int> items)
    {
        var (rows, tail) = (new List<AuditRow>(), _tail);
        foreach (var append in items.Select(item => group[item]))
        {
            if (append.Note is not { } note) continue;
            rows.Add(tail.NextRow(note, append.At, node));
            tail = rows[^1].Tail;
        }
        return rows;
    }

    private static IEnumerable<Row> RowsOf(IReadOnlyList<LedgerAppend> group, List<int> items)
    {
        foreach (var item in items)
        {
            var append = group[item];
            for (var i = 0; i < append.Events.Length; i++) yield return new(append, i);
        }
    }

    private readonly record struct Row(LedgerAppend Append, int Place)
    {
        public ReaderEvent Happened => Append.Events[Place];

        public long Version => Append.ExpectedVersion + Place + 1;

        public Checkout Checkout => Happened.Checkout;

        /// <summary>UTF-8, which the driver sends as the text that it is.</summary>
        public ReadOnlyMemory<byte> Body => Append.BodyOf(Place);

        public bool Opens => Happened.Kind is EventKind.Accepted;

        /// <summary>
        /// The key belongs to the last event, the requested one; events before it ended something else first.
        /// </summary>
        public IdempotencyKey? Key => Place == Append.Events.Length - 1 ? Append.Key : null;

        public string? Claim => Happened.Claim is { } claim ? StorageJson.WriteBody(claim) : null;
    }
}

/// <summary>Parameters with one value per row.</summary>
internal static class PostgresColumns
{
    /// <summary>Adds the next column.</summary>
    public static NpgsqlBatchCommand WithColumn<TRow, T>(
        this NpgsqlBatchCommand command, List<TRow> rows, NpgsqlDbType type, Func<TRow, T> value)
    {
        var values = new T[rows.Count];
        for (var i = 0; i < values.Length; i++) values[i] = value(rows[i]);
        command.Parameters.Add(new NpgsqlParameter<T[]>
        {
            NpgsqlDbType = NpgsqlDbType.Array | type,
            TypedValue = values,
        });
        return command;
    }
}

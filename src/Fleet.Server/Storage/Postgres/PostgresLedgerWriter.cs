using Fleet.Core.Readers;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// Writes a group as one statement, which is its own transaction: a node that freezes leaves no transaction open
/// behind it. Keys are claimed before ledger rows are added, and both in sorted order, so that the groups of two
/// nodes wait for each other but never in a circle.
/// </summary>
internal sealed class PostgresLedgerWriter(NpgsqlDataSource source, string node)
{
    /// <summary>What <c>refuse_partial_append</c> raises.</summary>
    private const string PartialAppend = "FL001";

    /// <summary>
    /// One row per event. Rows of an item whose key is taken are not written; a ledger row that exists already is
    /// not written, and then neither is its checkout. The answer has one row per item, with its outcome as a number.
    /// </summary>
    private const string Sql = """
        WITH asked AS (
            SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::text[], $5::uuid[], $6::timestamptz[],
                $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::text[],
                $14::text[])
            AS r (item, reader_id, ver, kind, checkout_id, at, reason, claim, state, valid_until, body,
                merchant_code, key, fingerprint)
        ), claimed AS (
            INSERT INTO idempotency AS i (merchant_code, key, fingerprint, checkout_id, at)
            SELECT merchant_code, key, fingerprint, checkout_id, at FROM asked
            WHERE key IS NOT NULL ORDER BY merchant_code, key
            ON CONFLICT (merchant_code, key) DO UPDATE
                SET fingerprint = excluded.fingerprint, checkout_id = excluded.checkout_id, at = excluded.at
                WHERE i.at <= excluded.at - interval '24 hours'
            RETURNING checkout_id
        ), refused AS (
            SELECT item FROM asked
            WHERE key IS NOT NULL AND checkout_id NOT IN (SELECT checkout_id FROM claimed)
        ), added AS (
            INSERT INTO ledger (reader_id, ver, kind, checkout_id, at, node, reason, claim)
            SELECT reader_id, ver, kind, checkout_id, at, $15, reason, claim FROM asked
            WHERE item NOT IN (SELECT item FROM refused) ORDER BY reader_id, ver
            ON CONFLICT DO NOTHING
            RETURNING reader_id, ver
        ), changed AS (
            UPDATE checkout c SET state = r.state, body = r.body
            FROM asked r JOIN added USING (reader_id, ver)
            WHERE r.kind <> 'accepted' AND c.checkout_id = r.checkout_id
              AND (c.state IN ('accepted', 'started') OR c.state = r.state) -- a final state never changes
            RETURNING r.reader_id, r.ver
        ), opened AS (
            INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body)
            SELECT r.checkout_id, r.reader_id, r.state, r.valid_until, r.body
            FROM asked r JOIN added USING (reader_id, ver)
            WHERE r.kind = 'accepted' AND (SELECT count(*) FROM changed) >= 0 -- the slot is freed before it is taken
            RETURNING checkout_id
        ), told AS (
            SELECT r.item, bool_or(r.key IS NOT NULL) AS keyed, bool_or(r.item IN (SELECT item FROM refused)) AS taken,
                   count(*) AS asked, count(added.ver) AS added,
                   count(changed.ver) + count(opened.checkout_id) AS stored
            FROM asked r
            LEFT JOIN added USING (reader_id, ver)
            LEFT JOIN changed USING (reader_id, ver)
            LEFT JOIN opened ON r.kind = 'accepted' AND opened.checkout_id = r.checkout_id
            GROUP BY r.item
        )
        SELECT item, CASE WHEN taken THEN 2
                          WHEN added = asked AND stored = asked THEN 0
                          WHEN added = 0 AND NOT keyed THEN 1
                          ELSE refuse_partial_append() END -- a key that was claimed must not stay either
        FROM told
        """;

    /// <summary>Commits a group; when this throws, the outcome of the whole group is unknown.</summary>
    public async Task<AppendOutcome[]> Commit(IReadOnlyList<LedgerAppend> group)
    {
        var outcomes = new AppendOutcome[group.Count];
        foreach (var round in Rounds(group))
        {
            if (await TryWrite(group, round, outcomes)) continue;
            foreach (var item in round)
            {
                if (!await TryWrite(group, [item], outcomes)) outcomes[item] = AppendOutcome.Stale;
            }
        }
        return outcomes;
    }

    /// <summary>Splits a group so that no reader and no key comes twice; nearly always one round.</summary>
    private static IEnumerable<List<int>> Rounds(IReadOnlyList<LedgerAppend> group)
    {
        var left = Enumerable.Range(0, group.Count).ToList();
        while (left.Count > 0)
        {
            var (readers, keys) = (new HashSet<string>(left.Count), new HashSet<(string, string)>());
            var round = left.FindAll(item => readers.Add(group[item].ReaderId)
                && (group[item].Key is not { } key || keys.Add((key.MerchantCode, key.Key))));
            left = round.Count == left.Count ? [] : [.. left.Except(round)];
            yield return round;
        }
    }

    /// <summary>
    /// Writes some items; false, and nothing written, when one of them would be stored in part: then the items must be
    /// tried one by one, and the one that still fails is refused.
    /// </summary>
    private async Task<bool> TryWrite(IReadOnlyList<LedgerAppend> group, List<int> items, AppendOutcome[] outcomes)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Sql, connection);
        AddRows(command.Parameters, group, items);
        try
        {
            await using var row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync()) outcomes[row.GetInt32(0)] = (AppendOutcome)row.GetInt32(1);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PartialAppend
            or PostgresErrorCodes.UniqueViolation // one_open
            or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }
    }

    private void AddRows(NpgsqlParameterCollection parameters, IReadOnlyList<LedgerAppend> group, List<int> items)
    {
        var rows = RowsOf(group, items).ToArray();
        void Add<T>(NpgsqlDbType type, Converter<Row, T> value) => parameters.Add(new NpgsqlParameter<T[]>
        {
            NpgsqlDbType = NpgsqlDbType.Array | type,
            TypedValue = Array.ConvertAll(rows, value),
        });
        Add(NpgsqlDbType.Integer, row => row.Item);
        Add(NpgsqlDbType.Text, row => row.Append.ReaderId);
        Add(NpgsqlDbType.Bigint, row => row.Version);
        Add(NpgsqlDbType.Text, row => row.Happened.Kind.Word());
        Add(NpgsqlDbType.Uuid, row => row.Happened.Checkout.Id);
        Add(NpgsqlDbType.TimestampTz, row => row.Happened.Checkout.UpdatedAt.UtcDateTime);
        Add(NpgsqlDbType.Text, row => row.Happened.Checkout.Reason?.Word());
        Add(NpgsqlDbType.Text, row => row.Claim);
        Add(NpgsqlDbType.Text, row => row.Happened.Checkout.State.Word());
        Add(NpgsqlDbType.TimestampTz, row => row.Happened.Checkout.ValidUntil.UtcDateTime);
        Add(NpgsqlDbType.Text, row => StorageJson.Body(row.Happened.Checkout));
        Add(NpgsqlDbType.Text, row => row.Key?.MerchantCode);
        Add(NpgsqlDbType.Text, row => row.Key?.Key);
        Add(NpgsqlDbType.Text, row => row.Key?.Fingerprint);
        parameters.Add(new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = node });
    }

    private static IEnumerable<Row> RowsOf(IReadOnlyList<LedgerAppend> group, List<int> items)
    {
        foreach (var item in items)
        {
            var append = group[item];
            for (var i = 0; i < append.Events.Length; i++)
                yield return new(item, append, append.ExpectedVersion + i + 1, append.Events[i]);
        }
    }

    private readonly record struct Row(int Item, LedgerAppend Append, long Version, ReaderEvent Happened)
    {
        public IdempotencyKey? Key => Happened.Kind is EventKind.Accepted ? Append.Key : null;

        public string? Claim => Happened.Claim is { } claim ? StorageJson.Body(claim) : null;
    }
}

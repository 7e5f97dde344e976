using System.Text.Json;
using Fleet.Core.Readers;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// Writes a group as one statement in one transaction. Keys are claimed before ledger rows are added, and both in
/// sorted order, so that the groups of two nodes wait for each other but never in a circle.
/// </summary>
internal sealed class PostgresLedgerWriter(NpgsqlDataSource source, string node)
{
    /// <summary>
    /// One row per event. Rows of an item whose key is taken are not written; a ledger row that exists already is
    /// not written, and then neither is its checkout.
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
            ON CONFLICT DO NOTHING
            RETURNING checkout_id
        )
        SELECT r.item, count(*), count(added.ver), count(changed.ver) + count(opened.checkout_id),
               bool_or(r.item IN (SELECT item FROM refused))
        FROM asked r
        LEFT JOIN added USING (reader_id, ver)
        LEFT JOIN changed USING (reader_id, ver)
        LEFT JOIN opened ON r.kind = 'accepted' AND opened.checkout_id = r.checkout_id
        GROUP BY r.item
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
    /// Writes some items; false, and nothing written, when one of them is neither whole nor absent: then the items
    /// must be tried one by one.
    /// </summary>
    private async Task<bool> TryWrite(IReadOnlyList<LedgerAppend> group, List<int> items, AppendOutcome[] outcomes)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = CommandFor(connection, group, items))
        await using (var row = await command.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
            {
                var (asked, added, stored) = (row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
                if (added != stored || (added != 0 && added != asked)) return false;
                outcomes[row.GetInt32(0)] = added > 0 ? AppendOutcome.Appended
                    : row.GetBoolean(4) ? AppendOutcome.KeyTaken
                    : AppendOutcome.Stale;
            }
        }
        if (LeavesKeyBehind(group, items, outcomes)) return false;
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Whether an item claimed its key and was then refused by the fence: the claim must not stay.</summary>
    private static bool LeavesKeyBehind(IReadOnlyList<LedgerAppend> group, List<int> items, AppendOutcome[] outcomes) =>
        items.Exists(item => group[item].Key is not null && outcomes[item] is AppendOutcome.Stale);

    private NpgsqlCommand CommandFor(NpgsqlConnection connection, IReadOnlyList<LedgerAppend> group, List<int> items)
    {
        var rows = items.SelectMany(item => group[item].Events.Select((happened, i) => (
            Item: item,
            Append: group[item],
            Version: group[item].ExpectedVersion + i + 1,
            Happened: happened,
            Key: happened.Kind is EventKind.Accepted ? group[item].Key : null))).ToList();
        var command = new NpgsqlCommand(Sql, connection);
        void Add<T>(NpgsqlDbType type, Func<int, T> value) => command.Parameters.Add(new NpgsqlParameter<T[]>
        {
            NpgsqlDbType = NpgsqlDbType.Array | type,
            TypedValue = [.. Enumerable.Range(0, rows.Count).Select(value)],
        });
        Add(NpgsqlDbType.Integer, i => rows[i].Item);
        Add(NpgsqlDbType.Text, i => rows[i].Append.ReaderId);
        Add(NpgsqlDbType.Bigint, i => rows[i].Version);
        Add(NpgsqlDbType.Text, i => rows[i].Happened.Kind.Word());
        Add(NpgsqlDbType.Uuid, i => rows[i].Happened.Checkout.Id);
        Add(NpgsqlDbType.TimestampTz, i => rows[i].Happened.Checkout.UpdatedAt.UtcDateTime);
        Add(NpgsqlDbType.Text, i => rows[i].Happened.Checkout.Reason?.Word());
        Add(NpgsqlDbType.Text, i => rows[i].Happened.Claim is { } said
            ? JsonSerializer.Serialize(said, StorageJson.Default.DeviceReport)
            : null);
        Add(NpgsqlDbType.Text, i => rows[i].Happened.Checkout.State.Word());
        Add(NpgsqlDbType.TimestampTz, i => rows[i].Happened.Checkout.ValidUntil.UtcDateTime);
        Add(NpgsqlDbType.Text, i => JsonSerializer.Serialize(rows[i].Happened.Checkout, StorageJson.Default.Checkout));
        Add(NpgsqlDbType.Text, i => rows[i].Key?.MerchantCode);
        Add(NpgsqlDbType.Text, i => rows[i].Key?.Key);
        Add(NpgsqlDbType.Text, i => rows[i].Key?.Fingerprint);
        command.Parameters.Add(new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = node });
        return command;
    }
}

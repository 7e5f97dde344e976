using System.Data.Common;
using Fleet.Core.Access;
using Fleet.Server.Access;

namespace Fleet.Server.Storage;

/// <summary>
/// The audit in SQL that both databases understand; rows about checkouts are written by the ledger's writer.
/// </summary>
internal sealed class SqlAudit(Database database) : IAudit
{
    /// <summary>In the order in which writers pass the values.</summary>
    public const string Columns =
        "chain, seq, at, node, key_id, key_name, merchant_code, action, subject, detail, remote, prev, hash";

    private const string WalkOn = $"""
        SELECT a.*, k.seq, k.hash
        FROM (SELECT {Columns} FROM audit WHERE (chain, seq) > (@chain, @seq) ORDER BY chain, seq LIMIT @limit) AS a
        LEFT JOIN audit_anchor k ON k.chain = a.chain
        ORDER BY a.chain, a.seq
        """;

    public async Task AddRows(IReadOnlyList<AuditRow> rows)
    {
        var values = string.Join(", ", rows.Select((_, i) =>
            $"(@c{i}, @s{i}, @a{i}, @n{i}, @k{i}, @w{i}, @m{i}, @x{i}, @o{i}, @d{i}, @r{i}, @p{i}, @h{i})"));
        await database.ChangeRows(new Statement($"INSERT INTO audit ({Columns}) VALUES {values}",
            [.. rows.SelectMany((row, i) => ParametersOf(row, i))]));
    }

    public Task<IReadOnlyList<AuditRow>> ListRows(AuditPage page, CancellationToken cancel)
    {
        List<(string Name, object? Value)> parameters =
        [
            ("from", page.From), ("at", page.Below.At), ("chain", page.Below.Chain), ("seq", page.Below.Seq),
            ("limit", page.Limit),
        ];
        var filters = Filter("merchant_code", page.MerchantCode) + Filter("action", page.Action)
            + Filter("key_id", page.KeyId);
        return database.ReadRows($"""
            SELECT {Columns} FROM audit WHERE at >= @from AND (at, chain, seq) < (@at, @chain, @seq){filters}
            ORDER BY at DESC, chain DESC, seq DESC LIMIT @limit
            """, RowOf, cancel, [.. parameters]);

        string Filter(string column, string? value)
        {
            if (value is null) return "";
            parameters.Add((column, value));
            return $" AND {column} = @{column}";
        }
    }

    public Task<IReadOnlyList<(AuditRow Row, AuditTail? Removed)>> WalkRows(
        Guid chain, long seq, int limit, CancellationToken cancel) => database.ReadRows(WalkOn, row =>
        {
            var read = RowOf(row);
            return (read, row.IsDBNull(13) ? null : new AuditTail(read.Chain, row.GetInt64(13), row.GetString(14)));
        }, cancel, ("chain", chain), ("seq", seq), ("limit", limit));

    /// <summary>The row in the columns of a result that begins with <see cref="Columns"/>.</summary>
    public static AuditRow ReadRow(Database database, DbDataReader row) => new(
        database.ReadId(row, 0), row.GetInt64(1), database.ReadTime(row, 2), row.GetString(3),
        new(row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetString(8),
            row.GetString(9), row.GetString(10)),
        row.GetString(11), row.GetString(12));

    private static (string Name, object? Value)[] ParametersOf(AuditRow row, int i) =>
    [
        ($"c{i}", row.Chain), ($"s{i}", row.Seq), ($"a{i}", row.At), ($"n{i}", row.Node), ($"k{i}", row.Note.KeyId),
        ($"w{i}", row.Note.KeyName), ($"m{i}", row.Note.MerchantCode), ($"x{i}", row.Note.Action),
        ($"o{i}", row.Note.Subject), ($"d{i}", row.Note.Detail), ($"r{i}", row.Note.RemoteAddress),
        ($"p{i}", row.Prev), ($"h{i}", row.Hash),
    ];

    private AuditRow RowOf(DbDataReader row) => ReadRow(database, row);
}

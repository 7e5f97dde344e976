using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Retention;
using Fleet.Server.Retention;

namespace Fleet.Server.Storage;

/// <summary>
/// Old rows of the audit, in SQL that both databases understand. Of each chain only rows from its beginning on are
/// removed, and the hash of the last removed row stays, so that the rest of the chain can be verified.
/// </summary>
internal sealed class SqlOldAudit(Database database) : IOldRows
{
    /// <summary>Rows of one read.</summary>
    private const int PageSize = 500;

    private const string Delete = """
        DELETE FROM audit WHERE chain = @chain AND seq >= @first AND seq <= @last
            AND NOT EXISTS (SELECT 1 FROM audit WHERE chain = @chain AND seq < @first)
        """;

    private const string SetAnchor = """
        INSERT INTO audit_anchor (chain, seq, hash) VALUES (@chain, @last, @hash)
        ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
        """;

    public RetentionKind Kind => RetentionKind.Audit;

    public async Task<DateOnly?> FindDay(DateOnly from, DateOnly end, CancellationToken cancel)
    {
        var found = await database.ReadRows(
            "SELECT at FROM audit WHERE at >= @from AND at < @end ORDER BY at LIMIT 1",
            row => database.ReadTime(row, 0), cancel, ("from", TimeOf(from)), ("end", TimeOf(end)));
        return found.Count > 0 ? DateOnly.FromDateTime(found[0].UtcDateTime) : null;
    }

    /// <summary>The chains that have rows of the day, each from its beginning to a row of a later day.</summary>
    public async IAsyncEnumerable<string> ReadLines(
        DateOnly day, DateOnly end, [EnumeratorCancellation] CancellationToken cancel)
    {
        var next = TimeOf(day.AddDays(1));
        var chains = await database.ReadRows(
            "SELECT DISTINCT chain FROM audit WHERE at >= @day AND at < @next ORDER BY chain",
            row => database.ReadId(row, 0), cancel, ("day", TimeOf(day)), ("next", next));
        foreach (var chain in chains)
        {
            for (long? after = 0; after is { } seq;)
            {
                var page = await database.ReadRows(
                    $"""
                    SELECT {SqlAudit.Columns} FROM audit WHERE chain = @chain AND seq > @seq
                    ORDER BY seq LIMIT {PageSize}
                    """,
                    row => SqlAudit.ReadRow(database, row), cancel, ("chain", chain), ("seq", seq));
                var old = page.TakeWhile(row => row.At < next).ToList();
                foreach (var row in old) yield return LineOf(row);
                after = old.Count == PageSize ? old[^1].Seq : null;
            }
        }
    }

    public async Task<int> RemoveRows(IReadOnlyList<string> lines, CancellationToken cancel)
    {
        var removed = 0;
        foreach (var chain in lines.Select(PlaceOf).GroupBy(row => row.Chain))
        {
            var (first, last) = (chain.First(), chain.Last());
            if (await database.ChangeRows(
                new(Delete, ("chain", chain.Key), ("first", first.Seq), ("last", last.Seq)),
                new(SetAnchor, ("chain", chain.Key), ("last", last.Seq), ("hash", last.Hash))))
                removed += chain.Count();
        }
        return removed;
    }

    private static AuditTail PlaceOf(string line)
    {
        var row = JsonNode.Parse(line) ?? throw new InvalidDataException("A line is empty.");
        return new(Guid.Parse((string?)row["chain"] ?? ""), (long?)row["seq"] ?? 0, (string?)row["hash"] ?? "");
    }

    /// <summary>The row as <c>fleet audit export</c> writes it.</summary>
    private static string LineOf(AuditRow row) => new JsonObject
    {
        ["chain"] = $"{row.Chain}", ["seq"] = row.Seq, ["at"] = Rfc3339.TextOf(row.At), ["node"] = row.Node,
        ["key_id"] = row.Note.KeyId, ["key_name"] = row.Note.KeyName, ["merchant_code"] = row.Note.MerchantCode,
        ["action"] = row.Note.Action, ["subject"] = row.Note.Subject, ["detail"] = row.Note.Detail,
        ["remote_address"] = row.Note.RemoteAddress, ["prev"] = row.Prev, ["hash"] = row.Hash,
    }.ToJsonString();

    private static DateTimeOffset TimeOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}

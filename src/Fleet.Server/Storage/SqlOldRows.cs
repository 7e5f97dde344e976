using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Retention;
using Fleet.Server.Retention;

namespace Fleet.Server.Storage;

/// <summary>Old rows of a table in which each row stands alone, in SQL that both databases understand.</summary>
/// <param name="database">The database.</param>
/// <param name="kind">What the rows are.</param>
/// <param name="source">The table, and what its rows of this kind have in common.</param>
/// <param name="columns">Its columns: first the id, then the time by which a row is old, then the others.</param>
internal sealed class SqlOldRows(
    Database database, RetentionKind kind, (string Table, string Filter) source,
    IReadOnlyList<(string Name, ColumnType Type)> columns) : IOldRows
{
    /// <summary>Rows of one read.</summary>
    private const int PageSize = 500;

    private readonly string _id = columns[0].Name, _at = columns[1].Name;

    public RetentionKind Kind => kind;

    /// <summary>Webhook events in a state that is an end.</summary>
    public static SqlOldRows OfEvents(Database database, RetentionKind kind, string state) => new(
        database, kind, ("outbox", $"state = '{state}'"),
        [
            ("event_id", ColumnType.Id), ("next_at", ColumnType.Time), ("at", ColumnType.Time),
            ("merchant_code", ColumnType.Text), ("host", ColumnType.Text), ("url", ColumnType.Text),
            ("body", ColumnType.Text), ("state", ColumnType.Text), ("attempts", ColumnType.Number),
            ("failures", ColumnType.Number), ("replays", ColumnType.Number), ("problem", ColumnType.Text),
            ("trace", ColumnType.Text),
        ]);

    /// <summary>Exchanges with SumUp's cloud.</summary>
    public static SqlOldRows OfExchanges(Database database) => new(
        database, RetentionKind.Exchanges, ("cloud_exchange", "verdict IS NOT NULL"),
        [
            ("id", ColumnType.Id), ("at", ColumnType.Time), ("merchant_code", ColumnType.Text),
            ("checkout_id", ColumnType.Id), ("reader_id", ColumnType.Text), ("operation", ColumnType.Text),
            ("method", ColumnType.Text), ("path", ColumnType.Text), ("status", ColumnType.Number),
            ("latency_ms", ColumnType.Number), ("sent", ColumnType.Text), ("received", ColumnType.Text),
            ("verdict", ColumnType.Text),
        ]);

    public async Task<DateOnly?> FindDay(DateOnly from, DateOnly end, CancellationToken cancel)
    {
        var found = await database.ReadRows(
            $"""
            SELECT {_at} FROM {source.Table} WHERE {source.Filter} AND {_at} >= @from AND {_at} < @end
            ORDER BY {_at} LIMIT 1
            """,
            row => database.ReadTime(row, 0), cancel, ("from", TimeOf(from)), ("end", TimeOf(end)));
        return found.Count > 0 ? DateOnly.FromDateTime(found[0].UtcDateTime) : null;
    }

    public async IAsyncEnumerable<string> ReadLines(
        DateOnly day, DateOnly end, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (at, id) = (TimeOf(day), Guid.Empty);
        for (var more = true; more;)
        {
            var page = await database.ReadRows(
                $"""
                SELECT {string.Join(", ", columns.Select(column => column.Name))} FROM {source.Table}
                WHERE {source.Filter} AND {_at} >= @at AND {_at} < @end AND ({_at}, {_id}) > (@at, @id)
                ORDER BY {_at}, {_id} LIMIT {PageSize}
                """,
                row => (Id: database.ReadId(row, 0), At: database.ReadTime(row, 1), Line: LineOf(row)), cancel,
                ("at", at), ("id", id), ("end", TimeOf(day.AddDays(1))));
            foreach (var (_, _, line) in page) yield return line;
            more = page.Count == PageSize;
            if (more) (id, at, _) = page[^1];
        }
    }

    public async Task<int> RemoveRows(IReadOnlyList<string> lines, CancellationToken cancel)
    {
        var values = string.Join(", ", lines.Select((_, i) => $"(@i{i}, @a{i})"));
        var removed = await database.ReadRows(
            $"DELETE FROM {source.Table} WHERE {source.Filter} AND ({_id}, {_at}) IN (VALUES {values}) RETURNING 1",
            _ => 1, cancel, [.. lines.SelectMany(KeysOf)]);
        return removed.Count;
    }

    /// <summary>The id and the time of a line: a row with another time was changed since.</summary>
    private IEnumerable<(string Name, object? Value)> KeysOf(string line, int i)
    {
        var row = JsonNode.Parse(line) ?? throw new InvalidDataException("A line is empty.");
        return
        [
            ($"i{i}", Guid.Parse((string?)row[_id] ?? "")),
            ($"a{i}", (DateTimeOffset?)row[_at] ?? throw new InvalidDataException("A line has no time.")),
        ];
    }

    private string LineOf(DbDataReader row)
    {
        var line = new JsonObject();
        for (var i = 0; i < columns.Count; i++)
        {
            if (row.IsDBNull(i)) continue;
            line[columns[i].Name] = columns[i].Type switch
            {
                ColumnType.Id => $"{database.ReadId(row, i)}",
                ColumnType.Time => Rfc3339.TextOf(database.ReadTime(row, i)),
                ColumnType.Number => row.GetInt64(i),
                _ => row.GetString(i),
            };
        }
        return line.ToJsonString();
    }

    private static DateTimeOffset TimeOf(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}

/// <summary>How a column is kept.</summary>
internal enum ColumnType
{
    Id,
    Time,
    Text,
    Number,
}

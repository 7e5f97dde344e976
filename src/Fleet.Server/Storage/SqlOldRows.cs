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
/// <param name="keys">With how many of the first columns a row is the one that was exported.</param>
internal sealed class SqlOldRows(
    Database database, RetentionKind kind, (string Table, string Filter) source,
    IReadOnlyList<(string Name, ColumnType Type)> columns, int keys = 2) : IOldRows
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

    /// <summary>Incidents that were resolved. A note can be added later: then the row has another version.</summary>
    public static SqlOldRows OfIncidents(Database database) => new(
        database, RetentionKind.Incidents, ("incident", "resolved_at IS NOT NULL"),
        [
            ("incident_id", ColumnType.Id), ("resolved_at", ColumnType.Time), ("ver", ColumnType.Number),
            ("kind", ColumnType.Text), ("merchant_code", ColumnType.Text), ("store", ColumnType.Text),
            ("reader_id", ColumnType.Text), ("serial", ColumnType.Text), ("checkout_id", ColumnType.Id),
            ("host", ColumnType.Text), ("day", ColumnType.Text), ("detail", ColumnType.Text),
            ("opened_at", ColumnType.Time), ("last_seen_at", ColumnType.Time), ("count", ColumnType.Number),
            ("owner", ColumnType.Text), ("notes", ColumnType.Text), ("resolution", ColumnType.Text),
            ("resolved_by", ColumnType.Text),
        ], keys: 3);

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
        var values = string.Join(", ", lines.Select((_, i) =>
            $"({string.Join(", ", Enumerable.Range(0, keys).Select(key => $"@k{i}_{key}"))})"));
        var names = string.Join(", ", columns.Take(keys).Select(column => column.Name));
        var removed = await database.ReadRows(
            $"DELETE FROM {source.Table} WHERE {source.Filter} AND ({names}) IN (VALUES {values}) RETURNING 1",
            _ => 1, cancel, [.. lines.SelectMany(KeysOf)]);
        return removed.Count;
    }

    /// <summary>The keys of a line: a row with another time or version was changed since.</summary>
    private IEnumerable<(string Name, object? Value)> KeysOf(string line, int i)
    {
        var row = JsonNode.Parse(line) ?? throw new InvalidDataException("A line is empty.");
        return columns.Take(keys).Select((column, key) => ($"k{i}_{key}", KeyOf(row[column.Name], column.Type)));
    }

    private static object? KeyOf(JsonNode? value, ColumnType type) => value is null
        ? throw new InvalidDataException("A line lacks a key.")
        : type switch
        {
            ColumnType.Id => Guid.Parse((string?)value ?? ""),
            ColumnType.Time => (DateTimeOffset)value,
            _ => (long)value,
        };

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

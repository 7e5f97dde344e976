using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Server.Stores;

namespace Fleet.Server.Storage;

/// <summary>How the readers of stores were, in SQL that both databases understand.</summary>
internal sealed class SqlBoardSamples(Database database) : IBoardSamples
{
    private const string OfStore = """
        SELECT at, readers FROM board_sample
        WHERE merchant_code = @merchant AND store = @store AND at >= @since ORDER BY at
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public Task AddSamples(DateTimeOffset at, IReadOnlyList<BoardSample> samples)
    {
        var values = string.Join(", ", samples.Select((_, i) => $"(@m{i}, @s{i}, @at, @r{i})"));
        // nothing to insert is no failure: another node, on which the stores were before, has done it
        return database.ChangeRows(new Statement(
            $"INSERT INTO board_sample (merchant_code, store, at, readers) VALUES {values} ON CONFLICT DO NOTHING",
            [("at", at), .. samples.SelectMany(ParametersOf)]));
    }

    public async Task<IReadOnlyList<(DateTimeOffset At, ReaderLook Look)>> ListOfReader(
        string merchantCode, string store, string readerId, DateTimeOffset since, CancellationToken cancel)
    {
        var rows = await database.ReadRows(
            OfStore, row => (At: database.ReadTime(row, 0), Readers: row.GetString(1)), cancel,
            ("merchant", merchantCode), ("store", store), ("since", since));
        return [.. rows.SelectMany(row => FindLook(row.Readers, readerId) is { } look
            ? [(row.At, look)]
            : Array.Empty<(DateTimeOffset, ReaderLook)>())];
    }

    /// <summary>Rows that another node deletes at the same time are left to it.</summary>
    public async Task<int> ForgetSamples(DateTimeOffset before, int limit, CancellationToken cancel) =>
        (await database.ReadRows($"""
            DELETE FROM board_sample WHERE (merchant_code, store, at) IN (
                SELECT merchant_code, store, at FROM board_sample WHERE at < @before ORDER BY at LIMIT @limit
                {database.SkipLocked})
            RETURNING 1
            """, _ => 1, cancel, ("before", before), ("limit", limit))).Count;

    private static (string Name, object? Value)[] ParametersOf(BoardSample sample, int i) =>
    [
        ($"m{i}", sample.MerchantCode), ($"s{i}", sample.Store),
        ($"r{i}", JsonSerializer.Serialize(sample.Readers, Json)),
    ];

    private static ReaderLook? FindLook(string readers, string readerId)
    {
        using var document = JsonDocument.Parse(readers);
        return document.RootElement.TryGetProperty(readerId, out var look) ? look.Deserialize<ReaderLook>(Json) : null;
    }
}

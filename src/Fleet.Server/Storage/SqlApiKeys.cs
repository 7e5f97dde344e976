using System.Data.Common;
using Fleet.Core.Access;
using Fleet.Server.Access;

namespace Fleet.Server.Storage;

/// <summary>The keys made over the API, in SQL that both databases understand.</summary>
internal sealed class SqlApiKeys(Database database) : IApiKeys
{
    private const string Columns = """
        key_id, sha256, prefix, name, merchant_code, store, scopes, requests_per_second, created_at, created_by,
        expires_at, revoked_at, replaced_by
        """;

    private const string Insert = $"""
        INSERT INTO api_key ({Columns})
        VALUES (@id, @hash, @prefix, @name, @merchant, @store, @scopes, @limit, @created, @by, @expires, NULL, NULL)
        """;

    private const string MarkReplaced = """
        UPDATE api_key SET replaced_by = @new, expires_at = @expires
        WHERE key_id = @id AND revoked_at IS NULL AND replaced_by IS NULL
        """;

    private const string MarkRevoked = "UPDATE api_key SET revoked_at = @now WHERE key_id = @id AND revoked_at IS NULL";

    public Task<ApiKey?> FindByHash(string hash, CancellationToken cancel) =>
        FindOne("sha256 = @hash", cancel, ("hash", hash));

    public Task<ApiKey?> FindById(Guid id, CancellationToken cancel) => FindOne("key_id = @id", cancel, ("id", id));

    public Task<IReadOnlyList<ApiKey>> ListKeys(
        string? merchantCode, Guid? before, int limit, CancellationToken cancel)
    {
        var where = (merchantCode is null ? "" : " AND merchant_code = @merchant")
            + (before is null ? "" : " AND key_id < @before");
        return ReadKeys($"TRUE{where} ORDER BY key_id DESC LIMIT @limit", cancel,
        [
            ("limit", limit),
            .. merchantCode is null ? [] : new[] { ("merchant", (object?)merchantCode) },
            .. before is null ? [] : new[] { ("before", (object?)before) },
        ]);
    }

    public Task AddKey(ApiKey key) => database.ChangeRows(BuildInsert(key));

    public Task<bool> ReplaceKey(Guid old, DateTimeOffset oldExpires, ApiKey key) => database.ChangeRows(
        new(MarkReplaced, ("id", old), ("new", key.Id), ("expires", oldExpires)), BuildInsert(key));

    public Task<bool> RevokeKey(Guid id, DateTimeOffset now) =>
        database.ChangeRows(new Statement(MarkRevoked, ("id", id), ("now", now)));

    private static Statement BuildInsert(ApiKey key) => new(Insert,
        ("id", key.Id), ("hash", key.Hash), ("prefix", key.Prefix), ("name", key.Name),
        ("merchant", key.MerchantCode), ("store", key.Store),
        ("scopes", string.Join(' ', ScopeWords.WordsOf(key.Scopes))), ("limit", key.RequestsPerSecond),
        ("created", key.CreatedAt), ("by", key.CreatedBy), ("expires", key.ExpiresAt));

    private async Task<ApiKey?> FindOne(
        string where, CancellationToken cancel, params (string Name, object? Value)[] parameters) =>
        (await ReadKeys(where, cancel, parameters)).SingleOrDefault();

    private Task<IReadOnlyList<ApiKey>> ReadKeys(
        string where, CancellationToken cancel, params (string Name, object? Value)[] parameters) =>
        database.ReadRows($"SELECT {Columns} FROM api_key WHERE {where}", KeyOf, cancel, parameters);

    private ApiKey KeyOf(DbDataReader row) => new()
    {
        Id = database.ReadId(row, 0),
        Hash = row.GetString(1),
        Prefix = row.GetString(2),
        Name = row.GetString(3),
        MerchantCode = row.ReadText(4),
        Store = row.ReadText(5),
        Scopes = ScopeWords.ReadAll(row.GetString(6)),
        RequestsPerSecond = row.IsDBNull(7) ? null : row.GetInt32(7),
        CreatedAt = database.ReadTime(row, 8),
        CreatedBy = row.GetString(9),
        ExpiresAt = row.IsDBNull(10) ? null : database.ReadTime(row, 10),
        RevokedAt = row.IsDBNull(11) ? null : database.ReadTime(row, 11),
        ReplacedBy = row.IsDBNull(12) ? null : database.ReadId(row, 12),
    };
}

using System.Data.Common;
using Fleet.Core.Access;
using Fleet.Server.Access;

namespace Fleet.Server.Storage;

/// <summary>The sessions of the console, in SQL that both databases understand.</summary>
internal sealed class SqlConsoleSessions(Database database, TimeProvider time) : IConsoleSessions
{
    private const string Columns = """
        session_id, sha256, person, key_sha256, key_id, key_name, scopes, merchant_code, store, created_at, expires_at,
        ended_at, remote, browser
        """;

    private const string Insert = $"""
        INSERT INTO console_session ({Columns})
        VALUES (@id, @hash, @person, @key, @keyid, @keyname, @scopes, @merchant, @store, @created, @expires, NULL,
            @remote, @browser)
        """;

    private const string Forget = "DELETE FROM console_session WHERE expires_at < @old";

    private const string MarkEnded =
        "UPDATE console_session SET ended_at = @now WHERE session_id = @id AND ended_at IS NULL";

    /// <summary>How long a session is kept after it is over.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public async Task AddSession(ConsoleSession session)
    {
        var grant = session.Grant;
        await database.ChangeRows(new Statement(Insert,
            ("id", session.Id), ("hash", session.Hash), ("person", session.Person), ("key", session.KeyHash),
            ("keyid", grant.Id), ("keyname", grant.Name),
            ("scopes", string.Join(' ', ScopeWords.WordsOf(grant.Scopes))), ("merchant", grant.MerchantCode),
            ("store", grant.Store), ("created", session.CreatedAt), ("expires", session.ExpiresAt),
            ("remote", session.RemoteAddress), ("browser", session.Browser)));
        await database.ChangeRows(new Statement(Forget, ("old", time.Now() - Kept)));
    }

    public Task<ConsoleSession?> FindByHash(string hash, CancellationToken cancel) =>
        FindOne("sha256 = @hash", cancel, ("hash", hash));

    public Task<ConsoleSession?> FindById(Guid id, CancellationToken cancel) =>
        FindOne("session_id = @id", cancel, ("id", id));

    public Task<IReadOnlyList<ConsoleSession>> ListOpen(
        string? merchantCode, DateTimeOffset now, int limit, CancellationToken cancel)
    {
        var where = merchantCode is null ? "" : " AND merchant_code = @merchant";
        return ReadSessions(
            $"ended_at IS NULL AND expires_at > @now{where} ORDER BY session_id DESC LIMIT @limit", cancel,
        [
            ("now", now), ("limit", limit),
            .. merchantCode is null ? [] : new[] { ("merchant", (object?)merchantCode) },
        ]);
    }

    public Task<bool> EndSession(Guid id, DateTimeOffset now) =>
        database.ChangeRows(new Statement(MarkEnded, ("id", id), ("now", now)));

    private async Task<ConsoleSession?> FindOne(
        string where, CancellationToken cancel, params (string Name, object? Value)[] parameters) =>
        (await ReadSessions(where, cancel, parameters)).SingleOrDefault();

    private Task<IReadOnlyList<ConsoleSession>> ReadSessions(
        string where, CancellationToken cancel, params (string Name, object? Value)[] parameters) => database.ReadRows(
            $"SELECT {Columns} FROM console_session WHERE {where}", SessionOf, cancel, parameters);

    private ConsoleSession SessionOf(DbDataReader row) => new()
    {
        Id = database.ReadId(row, 0),
        Hash = row.GetString(1),
        Person = row.GetString(2),
        KeyHash = row.ReadText(3),
        Grant = new(row.GetString(4), row.GetString(5), ScopeWords.ReadAll(row.GetString(6)), row.ReadText(7),
            row.ReadText(8)),
        CreatedAt = database.ReadTime(row, 9),
        ExpiresAt = database.ReadTime(row, 10),
        EndedAt = row.IsDBNull(11) ? null : database.ReadTime(row, 11),
        RemoteAddress = row.GetString(12),
        Browser = row.GetString(13),
    };
}

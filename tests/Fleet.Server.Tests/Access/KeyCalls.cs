using System.Net;
using System.Text.Json;
using Fleet.Server.Storage.Postgres;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Tests;

/// <summary>A caller who manages keys, and reads the audit.</summary>
internal static class KeyCalls
{
    public const string Keys = "/fleet/v1/keys", Audit = "/fleet/v1/audit";

    /// <summary>The chain's own key, which names a merchant where it must.</summary>
    public static Till HeadOffice(this FleetApp fleet) => fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey);

    /// <summary>Makes a key that must be granted.</summary>
    public static async Task<NewKey> MakeKey(this Till admin, object ask)
    {
        using var answer = await admin.Post(Keys, ask);
        return await Made(answer);
    }

    public static async Task<NewKey> Rotate(this Till admin, string keyId, object ask)
    {
        using var answer = await admin.Post($"{Keys}/{keyId}/rotate", ask);
        return await Made(answer);
    }

    public static async Task Revoke(this Till admin, string keyId)
    {
        using var answer = await admin.Post($"{Keys}/{keyId}/revoke", new { });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>The status of a request, and the field that was wrong if it says one.</summary>
    public static async Task<string> Tried(this Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        if (answer.IsSuccessStatusCode || answer.StatusCode is not HttpStatusCode.BadRequest)
            return $"{(int)answer.StatusCode}";
        var body = await answer.Json();
        var fields = body.GetProperty("details").EnumerateArray()
            .SelectMany(detail => detail.TryGetProperty("fieldViolations", out var wrong) ? wrong.EnumerateArray()
                .ToArray() : [])
            .Select(field => field.GetProperty("field").GetString());
        return $"400 {string.Join(',', fields)}".TrimEnd();
    }

    /// <summary>Why a request was refused: the word in the details of its status.</summary>
    public static async Task<string?> Reason(this Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (await answer.Json()).GetProperty("details")[0].GetProperty("reason").GetString();
    }

    public static async Task<int> Status(this Till till, string path = "readers")
    {
        using var answer = await till.Get(path);
        return (int)answer.StatusCode;
    }

    /// <summary>All rows of the audit, oldest first within each chain.</summary>
    public static async Task<List<JsonElement>> AuditRows(this Till admin, string query = "")
    {
        var (rows, token) = (new List<JsonElement>(), "");
        do
        {
            using var answer = await admin.Get($"{Audit}?page_token={token}&page_size=50&{query}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var page = await answer.Json();
            rows.AddRange(page.GetProperty("rows").EnumerateArray());
            token = page.GetProperty("next_page_token").GetString();
        }
        while (token is { Length: > 0 });
        return [.. rows.OrderBy(row => row.Text("chain"), StringComparer.Ordinal).ThenBy(row => row.Seq())];
    }

    /// <summary>A member as its text, whether it is a string or a number.</summary>
    public static string Text(this JsonElement json, string member) => json.GetProperty(member).ToString();

    public static long Seq(this JsonElement row) => row.GetProperty("seq").GetInt64();

    /// <summary>Changes the database as an attacker with access to it could.</summary>
    public static async Task Sql(this FleetApp fleet, string statement)
    {
        if (fleet.IsOnPostgres)
        {
            await TestPostgres.Run(await fleet.Database(), statement);
            return;
        }
        await using var connection =
            new SqliteConnection($"Data Source={Path.Combine(fleet.Folder, "ledger.db")};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new SqliteCommand(statement, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>All that is in the tables of keys and audit, as text.</summary>
    public static async Task<string> Stored(this FleetApp fleet)
    {
        const string Tables =
            "SELECT 'k', sha256, prefix, name, created_by FROM api_key UNION ALL SELECT key_id, key_name, subject, "
                + "detail, remote FROM audit";
        await using System.Data.Common.DbDataSource source = fleet.IsOnPostgres
            ? PostgresSource.OpenPool(await fleet.Database() + ";Pooling=false")
            : Storage.Sqlite.SqliteSource.ForFile(Path.Combine(fleet.Folder, "ledger.db"));
        await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = Tables;
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var text = new List<string>();
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
            text.Add(string.Join('|', Enumerable.Range(0, row.FieldCount).Select(row.GetString)));
        return string.Join('\n', text);
    }

    private static async Task<NewKey> Made(HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.StatusCode}: {body}");
        var made = JsonElement.Parse(body);
        return new(made.Text("key"), made.GetProperty("about").Text("key_id"), made.GetProperty("about"));
    }
}

/// <summary>A key as the reply shows it, once.</summary>
internal sealed record NewKey(string Key, string Id, JsonElement About);

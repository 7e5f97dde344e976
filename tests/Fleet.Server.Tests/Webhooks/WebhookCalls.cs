using System.Net;
using System.Text.Json;
using Fleet.Server.Storage.Postgres;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Tests;

/// <summary>A merchant who looks after webhooks.</summary>
internal static class WebhookCalls
{
    public const string Path = "/fleet/v1/webhooks";

    /// <summary>Sends a test event that must be taken, and returns its id.</summary>
    public static async Task<Guid> Fire(this Till till, Uri url)
    {
        using var answer = await till.Post($"{Path}/test", new { url });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Json()).GetProperty("id").GetGuid();
    }

    /// <summary>What is known of an event.</summary>
    public static Task<JsonElement> Delivery(this Till till, Guid id) => till.Read($"{Path}/{id}");

    /// <summary>A page of events.</summary>
    public static Task<JsonElement> Deliveries(this Till till, string query = "") => till.Read(Path + query);

    /// <summary>How far an event is, for example <c>waiting, 1 begun, 1 failed</c>.</summary>
    public static async Task<string> Progress(this Till till, Guid id) => ProgressOf(await till.Delivery(id));

    public static string ProgressOf(JsonElement delivery) => $"{delivery.GetProperty("state").GetString()}, "
        + $"{delivery.GetProperty("attempts").GetInt32()} begun, {delivery.GetProperty("failures").GetInt32()} failed";

    /// <summary>Waits until an event is that far.</summary>
    public static Task Becomes(this Till till, Guid id, string progress) =>
        Eventually.Equal(progress, () => till.Progress(id));

    public static async Task<JsonElement> Replay(this Till till, Guid id)
    {
        using var answer = await till.Send(HttpMethod.Post, $"{Path}/{id}/replay", null);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return await answer.Json();
    }

    public static async Task<string> ReplayAll(
        this Till till, DateTimeOffset from, DateTimeOffset to, string? state = null)
    {
        using var answer = await till.Post($"{Path}/replay", new { from, to, state });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Json()).GetRawText();
    }

    /// <summary>Puts rows into the outbox of a node, as if they had come about there.</summary>
    /// <param name="fleet">The node.</param>
    /// <param name="count">How many.</param>
    /// <param name="url">Where they go.</param>
    /// <param name="state">Where they are.</param>
    /// <param name="at">The time of the outcome, and of what is due or over.</param>
    public static async Task PutRows(this FleetApp fleet, int count, Uri url, string state, DateTimeOffset at)
    {
        var host = url.IsAbsoluteUri ? url.Authority : "";
        const string Row = "INSERT INTO outbox (event_id, merchant_code, host, url, body, state, at, next_at) SELECT";
        if (fleet.IsOnPostgres)
        {
            await using var source = PostgresSource.OpenPool(await fleet.Database() + ";Pooling=false");
            await using var command = source.CreateCommand(
                $"{Row} gen_random_uuid(), $1, $2, $3, '{{}}', $4, $5, $5 FROM generate_series(1, $6)");
            foreach (var value in new object[] { FleetApp.Merchant, host, $"{url}", state, at.UtcDateTime, count })
                command.Parameters.AddWithValue(value);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return;
        }
        await using var connection =
            new SqliteConnection($"Data Source={System.IO.Path.Combine(fleet.Folder, "ledger.db")};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var insert = connection.CreateCommand();
        insert.CommandText = $"""
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $count)
            {Row} substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-' || substr(h, 13, 4) || '-' || substr(h, 17, 4)
                || '-' || substr(h, 21),
                $merchant, $host, $url, '{"{}"}', $state, $at, $at
            FROM (SELECT lower(hex(randomblob(16))) AS h FROM n)
            """;
        insert.Parameters.AddWithValue("$count", count);
        insert.Parameters.AddWithValue("$merchant", FleetApp.Merchant);
        insert.Parameters.AddWithValue("$host", host);
        insert.Parameters.AddWithValue("$url", $"{url}");
        insert.Parameters.AddWithValue("$state", state);
        insert.Parameters.AddWithValue("$at", (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<JsonElement> Read(this Till till, string path)
    {
        using var answer = await till.Get(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }
}

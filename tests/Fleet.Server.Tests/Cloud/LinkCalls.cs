using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Fleet.Server.Tests;

/// <summary>Calls about the link of the live merchant with SumUp.</summary>
internal static class LinkCalls
{
    public const string Path = $"/fleet/v1/merchants/{FleetApp.LiveMerchant}/link";

    public const string Secret = "sup_sk_NotForAnyEyes42", AffiliateSecret = "sup_afk_NorThisOne43";

    /// <summary>The live merchant's key of Fleet's, which may do everything.</summary>
    public static Till Live(this FleetApp fleet) => fleet.TillOf(FleetApp.LiveMerchant, FleetApp.LiveKey);

    /// <summary>A request with all that the first link needs.</summary>
    public static object Ask(string key, bool dryRun = false) => new
    {
        api_key = key, affiliate_app_id = Connector.AppId, affiliate_key = FleetApp.LiveAffiliateKey, dry_run = dryRun,
    };

    /// <summary>Links, which must work; the answer.</summary>
    public static async Task<JsonElement> Link(this FleetApp fleet, object ask)
    {
        using var answer = await fleet.Live().Post(Path, ask);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.StatusCode}: {body}");
        return JsonElement.Parse(body);
    }

    public static Task<JsonElement> Link(this FleetApp fleet, string key) => fleet.Link(Ask(key));

    /// <summary>Moves the clock until a call has ended, whose pauses and limits it counts.</summary>
    public static async Task<T> PassUntil<T>(this FleetApp fleet, Task<T> call)
    {
        await Eventually.Equal(true, () => Task.FromResult(call.IsCompleted), () => fleet.Pass(0.1));
        return await call;
    }

    /// <summary>Removes the link, which must work.</summary>
    public static async Task Unlink(this FleetApp fleet)
    {
        using var answer = await fleet.Live().Delete(Path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>The link as it is told.</summary>
    public static async Task<JsonElement> ShowLink(this FleetApp fleet)
    {
        using var answer = await fleet.Live().Get(Path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    /// <summary>Kind, source and state of the link, for example <c>sumup api working</c>.</summary>
    public static async Task<string> LinkWords(this FleetApp fleet)
    {
        var link = await fleet.ShowLink();
        return $"{link.Text("kind")} {link.Text("source")} {link.Text("state")}".Trim();
    }

    /// <summary>What is wrong with which field of a request: <c>400 api_key is required</c>.</summary>
    public static async Task<string> Wrong(this Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var body = await answer.Json();
        return $"{(int)answer.StatusCode} {body.GetProperty("message").GetString()}";
    }

    /// <summary>Name and state of each permission, for example <c>readers.read granted</c>.</summary>
    public static IEnumerable<string> Permissions(this JsonElement link) =>
        link.GetProperty("permissions").EnumerateArray().Select(one => $"{one.Text("name")} {one.Text("state")}");

    /// <summary>A key at the node that plays the cloud.</summary>
    public static Task<NewKey> MakeCloudKey(this Connector world, params string[] scopes) =>
        world.CloudTill.MakeKey(new { name = "fleet", scopes });

    /// <summary>The saved states of all grains, of a node on PostgreSQL.</summary>
    public static async Task<string> StoredStates(this FleetApp fleet)
    {
        await using var connection = new NpgsqlConnection(await fleet.Database() + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT coalesce(string_agg(convert_from(payload, 'UTF8'), ' '), '') FROM grain_state", connection);
        return $"{await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)}";
    }

    /// <summary>Answers the reads with which a key is tried as for a key that may do everything.</summary>
    public static Task AnswerTrial(HttpContext http) =>
        http.Request.Path.Value is $"/v1/merchants/{FleetApp.LiveMerchant}"
            ? CloudStandIn.Write(http, 200, $$"""{"merchant_code":"{{FleetApp.LiveMerchant}}"}""")
            : CloudStandIn.Write(http, 200, """{"items":[],"links":[]}""");
}

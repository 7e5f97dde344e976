using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Fleet.Torture.Cloud;

/// <summary>What the cloud answered, or what a client is told instead.</summary>
internal sealed partial record CloudAnswer(
    int Status, string Body, IReadOnlyList<(string Name, string Value)> Headers)
{
    private const string Date = "Date";

    private static readonly string[] OfConnection =
        ["Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Server"];

    /// <summary>Members that have a word for how something is.</summary>
    private static readonly string[] Words = ["status", "payment_status", "simple_status", "state"];

    public static CloudAnswer Json(int status, string body, params IReadOnlyList<(string Name, string Value)> more) =>
        new(status, body, [("Content-Type", "application/json; charset=utf-8"), .. more]);

    public static CloudAnswer Page(int status, string body) => new(status, body, [("Content-Type", "text/html")]);

    public static async Task<CloudAnswer> Read(HttpResponseMessage answer) => new(
        (int)answer.StatusCode, await answer.Content.ReadAsStringAsync(CancellationToken.None),
        [.. answer.Headers.Concat(answer.Content.Headers)
            .ExceptBy(OfConnection, header => header.Key, StringComparer.OrdinalIgnoreCase)
            .SelectMany(header => header.Value, (header, value) => (header.Key, value))]);

    /// <summary>A time as the cloud writes it.</summary>
    public static string TextOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The ids of a checkout that was taken.</summary>
    public (string? CheckoutId, string? ClientId) ReadIds()
    {
        var data = Status is 201 ? Parse()?["data"] : null;
        return (data?["checkout_id"]?.GetValue<string>(), data?["client_transaction_id"]?.GetValue<string>());
    }

    /// <summary>Whether a member has this word.</summary>
    public bool Says(string member, string word) => Parse() is JsonObject root && $"{root[member]}" == word;

    public Task Write(HttpContext http)
    {
        http.Response.StatusCode = Status;
        foreach (var (name, value) in Headers) http.Response.Headers[name] = value;
        if (Body.Length == 0) return Task.CompletedTask;
        var bytes = Encoding.UTF8.GetBytes(Body);
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }

    /// <summary>Only the first half.</summary>
    public CloudAnswer Break() => this with { Body = Body[..(Body.Length / 2)] };

    /// <summary>Without the checkout's id.</summary>
    public CloudAnswer RemoveCheckoutId() => Change(root => root["data"] is JsonObject data
        && data.Remove("checkout_id"));

    /// <summary>With another word for how everything is.</summary>
    public CloudAnswer ReplaceWords(string? word) => Change(root => Replace(root, word));

    /// <summary>A page of the history without some items.</summary>
    public CloudAnswer RemoveItems(Func<string, bool> isHidden) => Change(root => root["items"] is JsonArray items
        && items.RemoveAll(item => isHidden($"{item?["client_transaction_id"]}")) > 0);

    /// <summary>As a clock writes it that is ahead.</summary>
    public CloudAnswer MoveTimes(TimeSpan by)
    {
        if (by == TimeSpan.Zero) return this;
        var now = TimeProvider.System.GetUtcNow() + by;
        return this with
        {
            Body = Times().Replace(Body, time => $"\"{TextOf(DateTimeOffset.Parse(
                time.Groups[1].Value, CultureInfo.InvariantCulture) + by)}\""),
            Headers = [.. Headers.Where(header => header.Name != Date), (Date, now.ToString("R"))],
        };
    }

    private CloudAnswer Change(Func<JsonNode, bool> change) =>
        Parse() is { } root && change(root) ? this with { Body = root.ToJsonString() } : this;

    private JsonNode? Parse()
    {
        try
        {
            return JsonNode.Parse(Body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Replace(JsonNode? node, string? word)
    {
        var changed = false;
        foreach (var child in node is JsonArray list ? [.. list] : Array.Empty<JsonNode?>())
            changed |= Replace(child, word);
        foreach (var (name, child) in node is JsonObject map ? map.ToArray() : [])
        {
            var isWord = Words.Contains(name) && child?.GetValueKind() is JsonValueKind.String;
            if (isWord && node is not null) node[name] = word;
            changed |= isWord || Replace(child, word);
        }
        return changed;
    }

    [GeneratedRegex(@"""(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))""")]
    private static partial Regex Times();
}

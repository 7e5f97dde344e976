using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Torture.Checking;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace Fleet.Torture.Cloud;

/// <summary>One request to the cloud as it came to the proxy.</summary>
internal sealed class CloudRequest
{
    private const string Client = "client_transaction_id", Foreign = "foreign_transaction_id", Return = "return_url";

    private static readonly string[] OfConnection =
        ["Host", "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"];

    /// <summary>Parameters that are times by the cloud's clock.</summary>
    private static readonly string[] Times = ["changes_since", "oldest_time", "newest_time"];

    private readonly HttpRequest _http;
    private readonly byte[] _body;
    private readonly JsonNode? _json;

    private CloudRequest(HttpRequest http, byte[] body)
    {
        (_http, _body, _json) = (http, body, ReadJson(body));
        var (operation, reader, checkout) = Read(http);
        Call = new()
        {
            At = TimeProvider.System.GetUtcNow(), Operation = operation, Reader = reader, CheckoutId = checkout,
            Host = http.Host.Host, ReturnUrl = operation is CloudOperation.Create ? Text(_json?[Return]) : null,
            ClientId = http.Query[Client] is [{ } client] ? client : null,
            ForeignId = operation is CloudOperation.Create ? Text(_json?["affiliate"]?[Foreign])
                : http.Query[Foreign] is [{ } foreign] ? foreign : null,
        };
    }

    /// <summary>What is known of it before it is passed on.</summary>
    public CloudCall Call { get; }

    public static async Task<CloudRequest> Read(HttpRequest http, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        await http.Body.CopyToAsync(body, cancel);
        return new(http, body.ToArray());
    }

    /// <summary>The same request to the cloud. Times in it are moved to its clock.</summary>
    /// <param name="upstream">Where the cloud is.</param>
    /// <param name="returnUrl">Where it is to tell the outcome; null leaves everything as it is.</param>
    /// <param name="clockOff">How far the clock that the client sees is ahead.</param>
    public HttpRequestMessage ToMessage(Uri upstream, string? returnUrl, TimeSpan clockOff)
    {
        var message = new HttpRequestMessage(new(_http.Method), new Uri(upstream, PathAndQuery(clockOff)));
        if (_body.Length > 0) message.Content = new ByteArrayContent(WithReturnUrl(returnUrl));
        foreach (var (name, values) in _http.Headers.ExceptBy(OfConnection, header => header.Key))
        {
            if (!message.Headers.TryAddWithoutValidation(name, [.. values]))
                message.Content?.Headers.TryAddWithoutValidation(name, [.. values]);
        }
        return message;
    }

    private byte[] WithReturnUrl(string? returnUrl)
    {
        if (returnUrl is null || _json is null) return _body;
        var changed = _json.DeepClone();
        changed[Return] = returnUrl;
        return JsonSerializer.SerializeToUtf8Bytes(changed);
    }

    private string PathAndQuery(TimeSpan clockOff)
    {
        var whole = UriHelper.GetEncodedPathAndQuery(_http);
        if (clockOff == TimeSpan.Zero || !Times.Any(_http.Query.ContainsKey)) return whole;
        return QueryHelpers.AddQueryString(_http.Path, _http.Query.SelectMany(one => one.Value,
            (one, value) => KeyValuePair.Create(one.Key, Times.Contains(one.Key) ? Move(value, -clockOff) : value)));
    }

    private static string? Move(string? time, TimeSpan by) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out var read)
            ? CloudAnswer.TextOf(read + by)
            : time;

    private static (CloudOperation Operation, string? Reader, string? Checkout) Read(HttpRequest http) =>
        (http.Method, $"{http.Path}".Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
        {
            ("POST", ["v0.1", "merchants", _, "readers", var id, "checkout"]) => (CloudOperation.Create, id, null),
            ("GET", ["v0.1", "merchants", _, "readers", var id, "checkout", var checkout]) =>
                (CloudOperation.GetCheckout, id, checkout),
            ("POST", ["v0.1", "merchants", _, "readers", var id, "terminate"]) => (CloudOperation.Terminate, id, null),
            ("GET", ["v0.1", "merchants", _, "readers", var id, "status"]) => (CloudOperation.Status, id, null),
            ("GET", ["v0.1", "merchants", _, "readers", var id]) => (CloudOperation.Readers, id, null),
            ("GET", ["v0.1", "merchants", _, "readers"]) => (CloudOperation.Readers, null, null),
            ("GET", ["v2.1", "merchants", _, "transactions", "history"]) => (CloudOperation.History, null, null),
            ("GET", ["v2.1", "merchants", _, "transactions"]) => (
                http.Query.ContainsKey(Client) ? CloudOperation.TransactionByClientId
                : http.Query.ContainsKey(Foreign) ? CloudOperation.TransactionByForeignId
                : CloudOperation.Transaction, null, http.Query["id"]),
            ("POST", ["v1.0", "merchants", _, "payments", var id, "refunds"]) => (CloudOperation.Refund, null, id),
            _ => (CloudOperation.Other, null, null),
        };

    private static JsonNode? ReadJson(byte[] body)
    {
        try
        {
            return body.Length > 0 ? JsonNode.Parse(body) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null; // the cloud says what is wrong with it
        }
    }

    private static string? Text(JsonNode? member) =>
        member?.GetValueKind() is JsonValueKind.String ? member.GetValue<string>() : null;
}

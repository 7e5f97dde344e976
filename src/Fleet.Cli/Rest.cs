using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Fleet.Cli;

/// <summary>Calls the REST API, for what gRPC does not have.</summary>
internal static class Rest
{

    private const string Json = "application/json";

    /// <summary>A document; null when there is none, which the server says with 404.</summary>
    public static async Task<JsonElement?> Find(Session session, string path)
    {
        using var answer = await Send(session, new(HttpMethod.Get, path), Json);
        return answer.StatusCode is HttpStatusCode.NotFound ? null : await ReadJson(session, answer);
    }

    public static async Task<JsonElement> Get(Session session, string path)
    {
        using var answer = await Send(session, new(HttpMethod.Get, path), Json);
        return await ReadJson(session, answer);
    }

    /// <summary>Prints each event of a stream as a line of JSON, until Ctrl-C.</summary>
    public static async Task Watch(Session session, string path)
    {
        using var answer = await Send(session, new(HttpMethod.Get, path), "text/event-stream", stream: true);
        await ThrowIfRefused(session, answer);
        await using var stream = await answer.Content.ReadAsStreamAsync(session.Cancel);
        await foreach (var told in SseParser.Create(stream).EnumerateAsync(session.Cancel))
            if (told.Data is not "{}") await session.Terminal.PrintLine(told.Data);
    }

    /// <summary>A file in the form that is asked for.</summary>
    /// <exception cref="Failure">The node has another form only.</exception>
    public static async Task<byte[]> GetBytes(Session session, string path, string form)
    {
        using var answer = await Send(session, new(HttpMethod.Get, path), form);
        await ThrowIfRefused(session, answer);
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (type != form)
            throw new Failure(ExitCode.Refused, "NOT_ACCEPTABLE", $"The node has no {form}: it answered with {type}.");
        return await answer.Content.ReadAsByteArrayAsync(session.Cancel);
    }

    /// <summary>Sends a document with an idempotency key.</summary>
    /// <exception cref="Failure">It was refused; or no answer came, and then the key is told.</exception>
    public static async Task Post(Session session, string path, string key, string? body)
    {
        var ask = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Idempotency-Key", key } } };
        if (body is not null) ask.Content = new StringContent(body, Encoding.UTF8, Json);
        var status = 0;
        try
        {
            using var answer = await Send(session, ask, Json);
            status = (int)answer.StatusCode;
            await ThrowIfRefused(session, answer);
        }
        catch (Failure lost) when (status is 0 or >= 500)
        {
            throw new Failure(lost.ExitCode, lost.Reason, lost.Message, "It is not known whether it was done. "
                + $"Repeat the command with --idempotency-key {key}: it will not be done twice.");
        }
    }

    private static async Task<HttpResponseMessage> Send(
        Session session, HttpRequestMessage ask, string form, bool stream = false)
    {
        ask.Headers.Accept.ParseAdd(form);
        try
        {
            return await session.Node.SendRest(ask, stream, session.Cancel);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException
            && !session.Cancel.IsCancellationRequested)
        {
            throw Failure.FromHttp(e, session.Settings);
        }
    }

    private static async Task<JsonElement> ReadJson(Session session, HttpResponseMessage answer)
    {
        await ThrowIfRefused(session, answer);
        return JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync(session.Cancel));
    }

    private static async Task ThrowIfRefused(Session session, HttpResponseMessage answer)
    {
        if (answer.IsSuccessStatusCode) return;
        if (answer.StatusCode is HttpStatusCode.Unauthorized)
            throw new Failure(ExitCode.NoAccess, "UNAUTHENTICATED",
                $"Fleet does not take the key of {session.Settings.KeySource}, or the key may not do this.",
                "'fleet doctor' says what the key may do.");
        var text = await answer.Content.ReadAsStringAsync(session.Cancel);
        throw ReadProblem((int)answer.StatusCode, text);
    }

    /// <summary>The failure for a problem that the server told.</summary>
    private static Failure ReadProblem(int status, string text)
    {
        var code = status is 403 or 503 ? ExitCode.NoAccess : ExitCode.Refused;
        try
        {
            var problem = JsonElement.Parse(text);
            var told = problem.TryGetProperty("errors", out var errors) && errors.ValueKind is JsonValueKind.Object
                ? errors.EnumerateObject().ToList()
                : [];
            var reason = told.Find(one => one.Name == "type").Value is { ValueKind: JsonValueKind.String } word
                ? word.GetString() ?? ""
                : $"HTTP_{status}";
            return new(code, reason, problem.GetProperty("detail").GetString() ?? text, Failure.NextOf(reason))
            {
                Fields = [.. told.Where(one => one.Name is not ("type" or "detail")).Select(FieldOf)],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(code, $"HTTP_{status}", $"The node answered with HTTP status {status}.");
        }
    }

    private static (string Name, string Message) FieldOf(JsonProperty field) => (field.Name,
        field.Value.ValueKind is JsonValueKind.Array
            ? string.Join("; ", field.Value.EnumerateArray())
            : $"{field.Value}");
}

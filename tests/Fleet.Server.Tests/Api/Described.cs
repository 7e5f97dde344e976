using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>
/// Our API description, to hold answers against: a small walk through the words of JSON Schema we use.
/// </summary>
public sealed class Described(JsonElement document)
{
    private static readonly HttpClient Http = new();

    private (string Verb, string[] Path, string Name)[]? _rest;

    /// <summary>The description that was agreed, which is that of every node: <c>OpenApiTests</c> hold it.</summary>
    public static Described Agreed { get; } = new(JsonElement.Parse(File.ReadAllText(Golden.PathOf("openapi.json"))));

    public static async Task<Described> By(Uri address) => new(JsonElement.Parse(
        await Http.GetStringAsync(new Uri(address, "/openapi/v1.json"), TestContext.Current.CancellationToken)));

    /// <summary>The operations, each by its method and path.</summary>
    public IEnumerable<(string Name, JsonElement Is)> Operations => document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject(),
            (path, operation) => ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value));

    public JsonElement Operation(string name) => Operations.Single(operation => operation.Name == name).Is;

    /// <summary>The parameters of an operation, for example <c>path name: string</c>.</summary>
    public IEnumerable<string> Parameters(string name) =>
        Operation(name).GetProperty("parameters").EnumerateArray().Select(parameter =>
            $"{parameter.GetProperty("in")} {parameter.GetProperty("name")}: "
                + $"{TypeOf(parameter.GetProperty("schema"))}");

    /// <summary>The members of an operation's body.</summary>
    public IEnumerable<string> Members(string name) =>
        Resolve(Body(name)).TryGetProperty("properties", out var members)
            ? members.EnumerateObject().Select(member => member.Name)
            : [];

    public JsonElement Body(string name) => SchemaOf(Operation(name).GetProperty("requestBody"), "application/json");

    /// <summary>
    /// The routes of REST by verb and path. A method of gRPC is none of them: the id of its operation has a _.
    /// </summary>
    private (string Verb, string[] Path, string Name)[] Rest => _rest ??=
    [
        .. from operation in Operations
            where !$"{operation.Is.GetProperty("operationId")}".Contains('_')
            let words = operation.Name.Split(' ')
            select (words[0], words[1].Split('/'), operation.Name),
    ];

    /// <summary>
    /// Fails where the answer of a route of REST is not as it is described. A problem has one shape for every route,
    /// with tests of its own; here only its status must be described. A 500 is never described: it is a fault, and only
    /// tests that cause one see it. Routes that older clients call are not described.
    /// </summary>
    public async Task CheckRest(HttpResponseMessage answer)
    {
        if (answer.RequestMessage is not { RequestUri: { } uri } request
            || FindRest(request.Method, uri.AbsolutePath.Split('/')) is not { } name) return;
        if (answer.IsSuccessStatusCode) await Check(name, answer);
        else if (answer.StatusCode is not HttpStatusCode.InternalServerError) AnswerOf(name, answer);
    }

    /// <summary>Fails with each place where an answer is not as its operation describes it.</summary>
    public async Task Check(string name, HttpResponseMessage answer)
    {
        var described = AnswerOf(name, answer);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (!described.TryGetProperty("content", out _))
        {
            Assert.Empty(text);
            return;
        }
        var mediaType = answer.Content.Headers.ContentType?.MediaType ?? "";
        var schema = SchemaOf(described, mediaType);
        // One shape of problems for every route, and receipts for people: they have tests of their own.
        if (mediaType is "application/problem+json" or "text/html" or "application/pdf") return;
        var wrong = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(line => Wrong(JsonElement.Parse(line), schema, name)).ToArray();
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private string? FindRest(HttpMethod method, string[] path) => Rest
        .Where(route => route.Verb == method.Method && route.Path.Length == path.Length
            && route.Path.Zip(path).All(pair => pair.First == pair.Second || (pair is (['{', ..], not ""))))
        .OrderBy(route => route.Path.Count(part => part.StartsWith('{')))
        .Select(route => route.Name).FirstOrDefault();

    /// <summary>How an operation describes the answers of this status.</summary>
    private JsonElement AnswerOf(string name, HttpResponseMessage answer)
    {
        var all = Operation(name).GetProperty("responses");
        if (!all.TryGetProperty($"{(int)answer.StatusCode}", out var described))
            Assert.Fail($"{name} answered {(int)answer.StatusCode}, which is not described.");
        return described;
    }

    private static JsonElement SchemaOf(JsonElement described, string mediaType) =>
        described.GetProperty("content").GetProperty(mediaType).GetProperty("schema");

    private string TypeOf(JsonElement schema)
    {
        var type = string.Join(" or ", Types(Resolve(schema).GetProperty("type")));
        return type is "array" ? $"[{TypeOf(schema.GetProperty("items"))}]" : type;
    }

    private JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var to)
        ? document.GetProperty("components").GetProperty("schemas").GetProperty($"{to}".Split('/')[^1])
        : schema;

    private IEnumerable<string> Wrong(JsonElement value, JsonElement reference, string at)
    {
        var schema = Resolve(reference);
        if (!schema.EnumerateObject().Any()) return []; // anything
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            var tried = choices.EnumerateArray().Select(choice => Wrong(value, choice, at).ToArray()).ToArray();
            return tried.Any(wrong => wrong.Length == 0) ? [] : tried[^1]; // the first choice is null
        }
        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(Kinds(value).Contains))
            return [$"{at} is {value}, not of {type}"];
        if (schema.TryGetProperty("enum", out var words)
            && !words.EnumerateArray().Any(word => $"{word}" == $"{value}"))
            return [$"{at} is {value}, not of {words}"];
        if (schema.TryGetProperty("format", out var format) && !Fits($"{value}", $"{format}"))
            return [$"{at} is {value}, no {format}"];
        return value.ValueKind switch
        {
            JsonValueKind.Array => value.EnumerateArray()
                .SelectMany(one => Wrong(one, schema.GetProperty("items"), $"{at}[]")),
            JsonValueKind.Object => value.EnumerateObject().SelectMany(one => MemberOf(schema, one.Name) is { } member
                ? Wrong(one.Value, member, $"{at}.{one.Name}")
                : [$"{at}.{one.Name} is not described"]).Concat(Missing(value, schema, at)),
            _ => [],
        };
    }

    private static IEnumerable<string> Missing(JsonElement value, JsonElement schema, string at) =>
        schema.TryGetProperty("required", out var names)
            ? names.EnumerateArray().Where(name => !value.TryGetProperty($"{name}", out _))
                .Select(name => $"{at}.{name} is missing")
            : [];

    private static JsonElement? MemberOf(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties)
            && properties.TryGetProperty(name, out var member) ? member
        : schema.TryGetProperty("additionalProperties", out var others) ? others
        : null;

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind is JsonValueKind.Array ? type.EnumerateArray().Select(one => $"{one}") : [$"{type}"];

    private static string[] Kinds(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => ["boolean"],
        JsonValueKind.Number => value.GetRawText().Contains('.') ? ["number"] : ["number", "integer"],
        var kind => [$"{kind}".ToLowerInvariant()],
    };

    private static bool Fits(string value, string format) => format switch
    {
        "int64" => long.TryParse(value, CultureInfo.InvariantCulture, out _),
        "uint64" => ulong.TryParse(value, CultureInfo.InvariantCulture, out _),
        "date-time" => DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _) && value[^1] is 'Z',
        "byte" => Convert.TryFromBase64String(value, new byte[value.Length], out _),
        _ => true,
    };
}

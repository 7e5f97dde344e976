using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// The examples of request bodies, from <c>examples.json</c> beside this file: by operation, and by name. A test sends
/// each of them.
/// </summary>
internal static class OpenApiExamples
{
    private const string Json = "application/json", File = "examples.json";

    private static readonly JsonObject All = JsonNode.Parse(EmbeddedFile.ReadBytes(File))?.AsObject() ?? [];

    /// <summary>Adds them to the operations of a document.</summary>
    public static void AddExamples(this OpenApiDocument document)
    {
        var operations = document.Paths.Values.SelectMany(path => path.Operations?.Values.AsEnumerable() ?? []);
        foreach (var operation in operations)
        {
            if (operation.OperationId is not { } id || All[id] is not JsonObject examples) continue;
            if (operation.RequestBody?.Content?[Json] is not { } body) continue;
            body.Examples = examples.ToDictionary(
                example => example.Key, IOpenApiExample (example) => new OpenApiExample
                {
                    Summary = example.Key, Value = example.Value?.DeepClone(),
                });
        }
    }
}

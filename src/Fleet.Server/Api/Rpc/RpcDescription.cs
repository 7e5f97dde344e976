using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Adds the methods of gRPC that also answer as JSON to the API description: all mapped ones, from their protos alone.
/// </summary>
internal sealed partial class RpcDescription(EndpointDataSource routes) : IOpenApiDocumentTransformer
{
    private const string Json = "application/json", ProblemJson = "application/problem+json", WholeBody = "*";

    public async Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var methods = routes.Endpoints.Select(route => route.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>())
            .OfType<GrpcJsonTranscodingMetadata>().GroupBy(bound => bound.MethodDescriptor).ToArray();
        if (methods.Length is 0) return;
        document.AddComponent(nameof(ProblemDetails),
            await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken));
        var schemas = new ProtoSchemas(document);
        foreach (var bindings in methods)
        {
            foreach (var (i, bound) in bindings.Index())
                AddOperation(document, schemas, bindings.Key, bound.HttpRule, i);
        }
    }

    private static void AddOperation(
        OpenApiDocument document, ProtoSchemas schemas, MethodDescriptor method, HttpRule rule, int index)
    {
        var (verb, pattern) = PatternOf(rule);
        var path = PathVariables().Replace(pattern, match => $"{{{LastOf(match.Groups[1].Value)}}}");
        var inPath = PathVariables().Matches(pattern).Select(match => match.Groups[1].Value).ToArray();
        var comment = ProtoComments.FindComment(method)?.Split(". ", 2) ?? [WordsOf(method.Name)];
        var operation = new OpenApiOperation
        {
            OperationId = $"{method.Service.Name}_{method.Name}{(index is 0 ? "" : $"_{index + 1}")}",
            Summary = comment[0].TrimEnd('.') + (index is 0 ? "" : $", by {path}"),
            Description = comment.ElementAtOrDefault(1),
            Tags = new HashSet<OpenApiTagReference> { new(method.Service.Name, document) },
            Parameters = [.. BuildParameters(schemas, method.InputType, rule, inPath)],
            RequestBody = BodyOf(schemas, method.InputType, rule, inPath),
            Responses = BuildAnswers(document, schemas, method, rule, namesSomething: inPath.Length > 0),
        };
        (document.Tags ??= new HashSet<OpenApiTag>()).Add(new() { Name = method.Service.Name });
        if (!document.Paths.TryGetValue(path, out var known)) document.Paths[path] = known = new OpenApiPathItem();
        (known as OpenApiPathItem)?.AddOperation(verb, operation);
    }

    private static (HttpMethod Verb, string Pattern) PatternOf(HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => (HttpMethod.Get, rule.Get),
        HttpRule.PatternOneofCase.Put => (HttpMethod.Put, rule.Put),
        HttpRule.PatternOneofCase.Post => (HttpMethod.Post, rule.Post),
        HttpRule.PatternOneofCase.Delete => (HttpMethod.Delete, rule.Delete),
        HttpRule.PatternOneofCase.Patch => (HttpMethod.Patch, rule.Patch),
        _ => (new(rule.Custom.Kind), rule.Custom.Path),
    };

    private static IEnumerable<IOpenApiParameter> BuildParameters(
        ProtoSchemas schemas, MessageDescriptor request, HttpRule rule, string[] inPath)
    {
        foreach (var name in inPath)
            yield return BuildParameter(schemas, LastOf(name), FieldAt(request, name), ParameterLocation.Path);
        if (rule.Body is WholeBody) yield break;
        foreach (var (name, field) in InQuery(request, "", [request]))
        {
            if (inPath.Contains(name) || name.Split('.')[0] == rule.Body) continue;
            yield return BuildParameter(schemas, name, field, ParameterLocation.Query);
        }
    }

    /// <summary>A field of an inner message without the message: names in programs have no dots.</summary>
    private static string LastOf(string field) => field.Split('.')[^1];

    private static OpenApiParameter BuildParameter(
        ProtoSchemas schemas, string name, FieldDescriptor field, ParameterLocation where)
    {
        var schema = schemas.BuildSchema(field);
        var comment = schema.Description;
        schema.Description = null;
        return new()
        {
            Name = name, In = where, Required = where is ParameterLocation.Path, Description = comment, Schema = schema,
        };
    }

    /// <summary>The fields that a query can hold; fields of inner messages have dotted names.</summary>
    private static IEnumerable<(string Name, FieldDescriptor Field)> InQuery(
        MessageDescriptor message, string prefix, MessageDescriptor[] outer) =>
        message.Fields.InDeclarationOrder().SelectMany(field => field switch
        {
            { IsMap: true } => [],
            { FieldType: FieldType.Message } when !ProtoSchemas.IsOneValue(field.MessageType) =>
                field.IsRepeated || outer.Contains(field.MessageType)
                    ? []
                    : InQuery(field.MessageType, $"{prefix}{field.Name}.", [.. outer, field.MessageType]),
            _ => [($"{prefix}{field.Name}", field)],
        });

    private static FieldDescriptor FieldAt(MessageDescriptor message, string path)
    {
        var steps = path.Split('.');
        foreach (var step in steps[..^1]) message = message.FindFieldByName(step).MessageType;
        return message.FindFieldByName(steps[^1]);
    }

    /// <summary>The body, without the fields that are in the path.</summary>
    private static OpenApiRequestBody? BodyOf(
        ProtoSchemas schemas, MessageDescriptor request, HttpRule rule, string[] inPath) => rule.Body switch
        {
            "" => null,
            WholeBody when inPath.Length is 0 => BuildBody(schemas.BuildSchema(request)),
            WholeBody => BuildBody(new OpenApiSchema
            {
                Type = JsonSchemaType.Object, Properties = schemas.BuildMembers(request, inPath),
            }),
            var field => BuildBody(schemas.BuildSchema(request.FindFieldByName(field))),
        };

    private static OpenApiRequestBody BuildBody(IOpenApiSchema schema) =>
        new() { Required = true, Content = BuildContent(Json, schema) };

    private static OpenApiResponses BuildAnswers(
        OpenApiDocument document, ProtoSchemas schemas, MethodDescriptor method, HttpRule rule, bool namesSomething)
    {
        var good = rule.ResponseBody is { Length: > 0 } field
            ? schemas.BuildSchema(method.OutputType.FindFieldByName(field))
            : schemas.BuildSchema(method.OutputType);
        var refused = schemas.BuildSchema(Google.Rpc.Status.Descriptor);
        var problem = new OpenApiSchemaReference(nameof(ProblemDetails), document);
        var answers =
            new OpenApiResponses { ["200"] = BuildAnswer(200, Json, good), ["400"] = BuildAnswer(400, Json, refused) };
        // The key is checked before the method is called, so these answers come from the middleware.
        answers["401"] = BuildAnswer(401, ProblemJson, problem);
        answers["403"] = BuildAnswer(403, ProblemJson, problem);
        if (namesSomething) answers["404"] = BuildAnswer(404, Json, refused);
        answers["429"] = BuildAnswer(429, Json, refused);
        answers["503"] = BuildAnswer(503, Json, refused);
        if (method.IsServerStreaming)
            answers["200"].Description = "A stream, one such object per line; if it breaks, the last line is a Status.";
        return answers;
    }

    private static OpenApiResponse BuildAnswer(int status, string mediaType, IOpenApiSchema schema) =>
        new() { Description = ReasonPhrases.GetReasonPhrase(status), Content = BuildContent(mediaType, schema) };

    private static Dictionary<string, OpenApiMediaType> BuildContent(string mediaType, IOpenApiSchema schema) =>
        new() { [mediaType] = new() { Schema = schema } };

    /// <summary><c>StartMany</c> as <c>Start many</c>.</summary>
    private static string WordsOf(string name) =>
        InnerCapital().Replace(name, match => $" {match.Value.ToLowerInvariant()}");

    /// <summary><c>{reader_id}</c>, or <c>{name=stores/*}</c>.</summary>
    [GeneratedRegex(@"\{([^}=]+)(?:=[^}]*)?\}")]
    private static partial Regex PathVariables();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex InnerCapital();
}

using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rpc;

/// <summary>The messages of our protos as JSON, each a component of the document under its full name.</summary>
internal sealed class ProtoSchemas(OpenApiDocument document)
{
    public IOpenApiSchema BuildSchema(MessageDescriptor message) => WellKnown(message) is { } known
        ? known
        : AddComponent(message, schema => schema.Properties = BuildMembers(message));

    /// <summary>The schema of a field: one value, several, or a map; its comment is the description.</summary>
    public IOpenApiSchema BuildSchema(FieldDescriptor field)
    {
        IOpenApiSchema schema = field switch
        {
            { IsMap: true } => MapOf(BuildValue(field.MessageType.FindFieldByNumber(2))),
            { IsRepeated: true } => new OpenApiSchema { Type = JsonSchemaType.Array, Items = BuildValue(field) },
            _ => BuildValue(field),
        };
        if (ProtoComments.FindComment(field) is { } comment) schema.Description = comment;
        return schema;
    }

    /// <summary>The members of a message, without those named.</summary>
    public Dictionary<string, IOpenApiSchema> BuildMembers(MessageDescriptor message, params string[] without) =>
        message.Fields.InDeclarationOrder().Where(field => !without.Contains(field.Name))
            .ToDictionary(field => field.JsonName, BuildSchema);

    /// <summary>
    /// Whether a message is one value in JSON and in a query: a time, or a number that may be absent.
    /// </summary>
    public static bool IsOneValue(MessageDescriptor message) => IsWrapper(message)
        || message.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration" or "google.protobuf.FieldMask";

    private IOpenApiSchema BuildValue(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => BuildTyped(JsonSchemaType.Integer, "int32"),
        FieldType.UInt32 or FieldType.Fixed32 => BuildTyped(JsonSchemaType.Integer, "uint32"),
        // As numbers; other writers of ProtoJSON write 64-bit numbers as text.
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => BuildTyped(JsonSchemaType.Integer, "int64"),
        FieldType.UInt64 or FieldType.Fixed64 => BuildTyped(JsonSchemaType.Integer, "uint64"),
        FieldType.Double => BuildTyped(JsonSchemaType.Number, "double"),
        FieldType.Float => BuildTyped(JsonSchemaType.Number, "float"),
        FieldType.Bytes => BuildTyped(JsonSchemaType.String, "byte"),
        FieldType.Enum => AddComponent(field.EnumType, schema =>
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. field.EnumType.Values.Select(value => value.Name)];
        }),
        FieldType.Message or FieldType.Group => BuildSchema(field.MessageType),
        _ => new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private OpenApiSchema? WellKnown(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.Timestamp" => BuildTyped(JsonSchemaType.String, "date-time"),
        "google.protobuf.Duration" => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = @"^-?\d+(\.\d+)?s$" },
        "google.protobuf.FieldMask" => new OpenApiSchema { Type = JsonSchemaType.String },
        "google.protobuf.Struct" => MapOf(new OpenApiSchema()),
        "google.protobuf.Value" => new OpenApiSchema(),
        "google.protobuf.ListValue" => new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema() },
        "google.protobuf.Any" => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { ["@type"] = BuildTyped(JsonSchemaType.String, null) },
            AdditionalProperties = new OpenApiSchema(),
        },
        _ when IsWrapper(message) => BuildValue(message.FindFieldByNumber(1)) is OpenApiSchema { Type: { } type } value
            ? new OpenApiSchema { Type = type | JsonSchemaType.Null, Format = value.Format }
            : null,
        _ => null,
    };

    /// <summary>Adds a component. It is added before its members, because a member may have the same type.</summary>
    private OpenApiSchemaReference AddComponent(IDescriptor described, Action<OpenApiSchema> describe)
    {
        if (document.Components?.Schemas?.ContainsKey(described.FullName) is not true)
        {
            var schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Object, Description = ProtoComments.FindComment(described),
            };
            document.AddComponent(described.FullName, schema);
            describe(schema);
        }
        return new(described.FullName, document);
    }

    private static bool IsWrapper(MessageDescriptor message) => message.File == WrappersReflection.Descriptor;

    private static OpenApiSchema BuildTyped(JsonSchemaType type, string? format) =>
        new() { Type = type, Format = format };

    private static OpenApiSchema MapOf(IOpenApiSchema values) =>
        new() { Type = JsonSchemaType.Object, AdditionalProperties = values };
}

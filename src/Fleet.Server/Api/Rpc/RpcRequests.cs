using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Looks at the requests of gRPC's methods before the libraries read them, which pass over names that do not exist and
/// take a broken message for a fault of the method.
/// </summary>
internal static class RpcRequests
{
    /// <summary>What is told about bytes that are no message.</summary>
    public static readonly ErrorEntry Malformed =
        RequestErrors.BadRequest with { Sentence = "The message is malformed." };

    /// <summary>Puts itself before a route, be it of gRPC or of the same method as JSON.</summary>
    public static void Guard(EndpointBuilder route)
    {
        if (route.RequestDelegate is not { } next) return;
        var json = route.Metadata.OfType<GrpcJsonTranscodingMetadata>().LastOrDefault();
        route.RequestDelegate = json is null
            ? http => Call(http, next)
            : http => Call(http, json.MethodDescriptor.InputType, json.HttpRule, next);
    }

    /// <summary>The name in a request as JSON that its method does not have; null when there is none.</summary>
    public static string? UnknownOf(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<Unknown>()?.Name;

    private static async Task Call(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted) return;
        if (http.Features.Get<IServerCallContextFeature>()?.ServerCallContext.Status
            is { StatusCode: StatusCode.Unknown, DebugException: InvalidProtocolBufferException })
            http.Response.Headers.Tell(Malformed.Rpc, Malformed.Sentence);
    }

    private static async Task Call(HttpContext http, MessageDescriptor message, HttpRule rule, RequestDelegate next)
    {
        var unknown = rule.Body is "*" ? null : http.Request.Query.Keys.FirstOrDefault(name => !IsKnown(message, name));
        // What a body is not read for is not looked at; the library would answer in that encoding, or fail.
        if (rule.Body.Length is 0) http.Request.ContentType = null;
        else if (!IsUtf8(http.Request.ContentType))
        {
            await Problem.UnsupportedMediaType.ExecuteAsync(http);
            return;
        }
        else if (http.Request.HasJsonContentType())
        {
            var body = rule.Body is "*" ? Shape(message) : Shape(message.FindFieldByName(rule.Body));
            var utf8 = await JsonBody.Bytes(http.Request, http.RequestAborted);
            unknown ??= body?.Apply(utf8.Span);
            http.Request.Body = new MemoryStream(utf8.ToArray(), writable: false);
        }
        if (unknown is not null) http.Features.Set(new Unknown(unknown));
        await next(http);
    }

    private static bool IsUtf8(string? contentType) =>
        !MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.Charset.HasValue
        || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a query may say this: a field, or by its dotted name one of an inner message.</summary>
    private static bool IsKnown(MessageDescriptor message, string name)
    {
        var inner = message;
        foreach (var step in name.Split('.'))
        {
            if (inner is null || Field(inner, step) is not { } field) return false;
            inner = field is { FieldType: FieldType.Message, IsRepeated: false } ? field.MessageType : null;
        }
        return true;
    }

    private static JsonShape Shape(MessageDescriptor message) => new(name =>
        Field(message, name) is { } field ? new(Shape(field)) : new(null, IsUnknown: true));

    private static JsonShape? Shape(FieldDescriptor field) => field switch
    {
        { IsMap: true } => JsonShape.AnyObject,
        { FieldType: not FieldType.Message } => null,
        _ when ProtoSchemas.IsOneValue(field.MessageType) => null,
        { IsRepeated: true } => new(null, Shape(field.MessageType)),
        _ => Shape(field.MessageType),
    };

    private static FieldDescriptor? Field(MessageDescriptor message, string name) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(field => field.Name == name || field.JsonName == name);

    /// <summary>On a request: the name in it that its method does not have.</summary>
    private sealed record Unknown(string Name);
}

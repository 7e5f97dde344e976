using System.Net.Mime;
using Fleet.Core;
using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Checks requests to methods of gRPC before the libraries read them: the libraries ignore unknown names and the first
/// of two equal ones, name no field that is malformed, and treat a broken message as a fault of the method.
/// </summary>
internal static class RpcRequests
{
    /// <summary>The error for bytes that are not a message.</summary>
    public static readonly ErrorEntry Malformed =
        RequestErrors.BadRequest with { Sentence = "The message is malformed." };

    /// <summary>Adds the check before a route of gRPC, or of the same method as JSON.</summary>
    public static void GuardRoute(EndpointBuilder route)
    {
        if (route.RequestDelegate is not { } next) return;
        var json = route.Metadata.OfType<GrpcJsonTranscodingMetadata>().LastOrDefault();
        route.RequestDelegate = json is null
            ? http => CallGrpc(http, next)
            : http => CallJson(http, json.MethodDescriptor.InputType, json.HttpRule, next);
    }

    /// <summary>What is wrong with a JSON request before its method reads it; null when nothing is.</summary>
    public static FieldError? WrongOf(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<Wrong>()?.Field;

    private static async Task CallGrpc(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted) return;
        if (http.Features.Get<IServerCallContextFeature>()?.ServerCallContext.Status
            is { StatusCode: StatusCode.Unknown, DebugException: InvalidProtocolBufferException })
        {
            http.NoteError(Malformed);
            http.Response.Headers.Tell(Malformed.Rpc, Malformed.Sentence);
        }
    }

    private static async Task CallJson(HttpContext http, MessageDescriptor message, HttpRule rule, RequestDelegate next)
    {
        var wrong = RpcAddress.FindWrong(http.Request, message, rule);
        // A body that the method does not read is not checked; otherwise the library would answer in that encoding, or
        // fail.
        if (rule.Body.Length is 0) http.Request.ContentType = null;
        else if (IsEmpty(http)) http.Request.ContentType = MediaTypeNames.Application.Json;

        if (rule.Body.Length > 0 && !IsUtf8(http.Request.ContentType))
        {
            await Problem.UnsupportedMediaType.ExecuteAsync(http);
            return;
        }
        if (http.Request.HasJsonContentType())
        {
            var body = rule.Body is "*"
                ? ShapeOf(message)
                : RpcValues.ShapeOf(message.FindFieldByName(rule.Body), ShapeOf);
            var utf8 = await JsonBody.ReadBytes(http.Request, http.RequestAborted);
            if (utf8.IsEmpty) utf8 = "{}"u8.ToArray();
            wrong ??= body?.WalkBody(utf8.Span) ?? RpcAddress.FindOther(http.Request, message, utf8);
            // The library would refuse a malformed member before the call is known, and would not name it.
            http.Request.Body = new MemoryStream(wrong is null ? utf8.ToArray() : "{}"u8.ToArray(), writable: false);
        }
        if (wrong is not null) Refuse(http, wrong);
        await next(http);
    }

    /// <summary>
    /// Leaves the refusal to the method. The library would refuse a malformed value of the address before the call is
    /// known, in words of its own.
    /// </summary>
    private static void Refuse(HttpContext http, FieldError wrong)
    {
        http.Features.Set(new Wrong(wrong));
        http.Request.QueryString = QueryString.Empty;
        if (wrong.Message == JsonShape.Malformed) http.Request.RouteValues.Remove(wrong.Field);
    }

    /// <summary>Whether a request has no body, as of <c>curl -X POST</c>: it means an object without members.</summary>
    private static bool IsEmpty(HttpContext http) =>
        http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static bool IsUtf8(string? contentType) =>
        !MediaTypeHeaderValue.TryParse(contentType, out var type) || !type.Charset.HasValue
        || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static JsonShape ShapeOf(MessageDescriptor message) => new(
        name => FindField(message, name) is { } field
            ? new(RpcValues.ShapeOf(field, ShapeOf), Name: field.Name)
            : new(null, IsUnknown: true, Known: NamesOf(message)),
        Fits: RpcValues.IsMessage);

    /// <summary>The names of a message's fields.</summary>
    public static IReadOnlyCollection<string> NamesOf(MessageDescriptor message) =>
        [.. message.Fields.InDeclarationOrder().Select(field => field.Name)];

    /// <summary>The field with one of its names; null when there is none.</summary>
    public static FieldDescriptor? FindField(MessageDescriptor message, string name) =>
        message.Fields.InDeclarationOrder().FirstOrDefault(field => field.Name == name || field.JsonName == name);

    /// <summary>Set on a request: what is wrong with it.</summary>
    private sealed record Wrong(FieldError Field);
}

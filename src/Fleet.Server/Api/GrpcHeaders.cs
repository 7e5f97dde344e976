using System.Globalization;
using Fleet.Core.Errors;

namespace Fleet.Server.Api;

/// <summary>
/// Answers calls of gRPC that are refused before they reach a method. Without a message, a status of gRPC is sent in
/// the headers.
/// </summary>
internal static class GrpcHeaders
{
    private const string ContentType = "application/grpc";

    /// <summary>
    /// Answers a call of gRPC with a status of gRPC, for example when the key is missing. False when the request is not
    /// a call of gRPC, or came over a protocol without gRPC.
    /// </summary>
    public static bool TryAnswer(HttpContext http, ErrorEntry error)
    {
        if (http.Request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) is not true
            || !HttpProtocol.IsHttp2(http.Request.Protocol)) return false;
        var isNoMethod = error.Rpc is RpcCode.NotFound && http.GetEndpoint() is null;
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = ContentType;
        http.Response.Headers.Tell(isNoMethod ? RpcCode.Unimplemented : error.Rpc, error.Sentence);
        return true;
    }

    /// <summary>Writes a status of gRPC into the headers, where clients read it when there is no message.</summary>
    public static void Tell(this IHeaderDictionary response, RpcCode code, string detail)
    {
        response.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.GrpcMessage = Uri.EscapeDataString(detail);
    }
}

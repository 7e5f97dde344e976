using System.Globalization;
using Fleet.Core.Errors;

namespace Fleet.Server.Api;

/// <summary>
/// Answers to calls of gRPC that got no further than the web server: a status of gRPC is in the headers when there is
/// no message.
/// </summary>
internal static class GrpcHeaders
{
    private const string ContentType = "application/grpc";

    /// <summary>
    /// Answers a call of gRPC with a status of its own protocol, for example for want of a key. False when it is no
    /// such call, also because it came over another protocol.
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

    /// <summary>Puts a status of gRPC where it is looked for when there is no message.</summary>
    public static void Tell(this IHeaderDictionary response, RpcCode code, string detail)
    {
        response.GrpcStatus = ((int)code).ToString(CultureInfo.InvariantCulture);
        response.GrpcMessage = Uri.EscapeDataString(detail);
    }
}

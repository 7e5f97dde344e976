using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Gives a body to what the web server refuses by itself, before any route or middleware sees it: a request line or a
/// header that is not HTTP, or too much of it. The server tells of each such request when its answer is decided and not
/// yet written; of other requests it tells nothing, so they pay nothing.
/// </summary>
internal sealed class RejectedRequests(ILogger<RejectedRequests> log) : IObserver<KeyValuePair<string, object?>>
{
    private const string Rejected = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Begins to listen to the web server of a node, for as long as it lives.</summary>
    public static void AreAnsweredBy(IServiceProvider services) => services.GetRequiredService<DiagnosticListener>()
        .Subscribe(ActivatorUtilities.CreateInstance<RejectedRequests>(services), name => name == Rejected);

    public void OnNext(KeyValuePair<string, object?> value)
    {
        try
        {
            if (value.Value is IFeatureCollection request) WriteBody(request);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or OperationCanceledException)
        {
            log.Unanswered(e); // the connection is gone; the server closes it
        }
    }

    public void OnCompleted() { }

    public void OnError(Exception error) { }

    private static void WriteBody(IFeatureCollection connection)
    {
        if (connection.Get<IHttpRequestFeature>() is not { } request || HttpProtocol.IsHttp2(request.Protocol)
            || connection.Get<IHttpResponseFeature>() is not { HasStarted: false } response
            || connection.Get<IHttpResponseBodyFeature>() is not { } body
            || connection.Get<IConnectionTransportFeature>()?.Transport.Output is not { } output) return;
        var utf8 = Problem.Of(response.StatusCode).ToUtf8();
        response.Headers.ContentType = Problem.MediaTypeFor(request.Headers);
        response.Headers.ContentLength = utf8.Length;
        response.Headers.Connection = "close";
        response.Headers.CacheControl = Answer.NotKept;
        // Writes the head, and nothing is waited for. The server has no writer for a body before it has a request, so
        // the body goes to the connection itself.
        if (!body.StartAsync().IsCompletedSuccessfully) return;
        if (!HttpMethods.IsHead(request.Method)) output.Write(utf8);
        _ = output.FlushAsync(CancellationToken.None).AsTask();
    }
}

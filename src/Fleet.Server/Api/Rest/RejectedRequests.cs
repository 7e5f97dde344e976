using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Gives a body to requests that the web server refuses before any route or middleware: a request line or a header that
/// is not HTTP, or that is too long. The server raises an event for each such request after it has chosen the status
/// and before it writes the answer. Other requests raise no event.
/// </summary>
internal sealed class RejectedRequests(ILogger<RejectedRequests> log) : IObserver<KeyValuePair<string, object?>>
{
    private const string Rejected = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Begins to listen to the events of a node's web server, until the node stops.</summary>
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
            log.Unanswered(e); // the connection is broken; the server closes it
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
        // Writes the head without waiting. The server has no body writer before it has a request, so the body is
        // written to the connection directly.
        if (!body.StartAsync().IsCompletedSuccessfully) return;
        if (!HttpMethods.IsHead(request.Method)) output.Write(utf8);
        _ = output.FlushAsync(CancellationToken.None).AsTask();
    }
}

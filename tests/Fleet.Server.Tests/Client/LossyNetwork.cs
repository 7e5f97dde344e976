using System.Collections.Concurrent;

namespace Fleet.Server.Tests;

/// <summary>What a network does to a request, and to its answer.</summary>
internal enum Loss
{
    /// <summary>The request is carried out, and the connection breaks before its answer comes.</summary>
    OfAnswer,

    /// <summary>The connection breaks before the request arrives, which its sender cannot know.</summary>
    OfRequest,

    /// <summary>Nothing comes.</summary>
    OfEverything,
}

/// <summary>A network between a client and a node that loses what a test says, and counts what was sent.</summary>
internal sealed class LossyNetwork : DelegatingHandler
{
    private readonly ConcurrentQueue<(string Method, Loss What)> _losses = [];
    private readonly ConcurrentQueue<string> _sent = [];

    public LossyNetwork() : base(new SocketsHttpHandler()) { }

    /// <summary>Loses the next requests of a method, one for each loss.</summary>
    public void Lose(string method, params Loss[] losses)
    {
        foreach (var loss in losses) _losses.Enqueue((method, loss));
    }

    /// <summary>How often a method was called.</summary>
    public int Sent(string method) => _sent.Count(path => path.EndsWith('/' + method));

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = $"{request.RequestUri?.AbsolutePath}";
        _sent.Enqueue(path);
        if (!_losses.TryPeek(out var next) || !path.EndsWith('/' + next.Method) || !_losses.TryDequeue(out next))
            return await base.SendAsync(request, cancellationToken);
        if (next.What is Loss.OfEverything) await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        if (next.What is Loss.OfAnswer)
        {
            using var lost = await base.SendAsync(request, cancellationToken);
            await lost.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        throw new HttpRequestException(HttpRequestError.ResponseEnded, "The network broke.", new IOException("Reset."));
    }
}

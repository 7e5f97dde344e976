namespace Fleet.Server;

/// <summary>
/// Whether this node takes new work, and whether it stops. A node that is told to stop first reports that it is not
/// ready, and serves requests until proxies have noticed; then it stops.
/// </summary>
internal sealed class NodeLeaving : IDisposable
{
    private readonly CancellationTokenSource _leaving = new();

    /// <summary>Whether the node takes new work.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// Cancelled when the node takes no more connections: waiting callers get their answer, and streams end. It must
    /// not happen earlier, because a till that asks again would reach the same node again.
    /// </summary>
    public CancellationToken Token => _leaving.Token;

    /// <summary>Ends all waits and all streams.</summary>
    public Task Announce() => _leaving.CancelAsync();

    /// <summary>
    /// Runs a stream until it ends, its caller closes it, or the node stops; the last is not an error.
    /// </summary>
    /// <param name="stream">The stream; it ends when its token is cancelled.</param>
    /// <param name="cancel">The token of the caller.</param>
    public async Task UntilItLeaves(Func<CancellationToken, Task> stream, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, Token);
        try
        {
            await stream(over.Token);
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // The node stops: the caller asks another node.
        }
    }

    public void Dispose() => _leaving.Dispose();
}

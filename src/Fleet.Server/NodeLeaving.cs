namespace Fleet.Server;

/// <summary>
/// Whether this node takes work, and whether it is about to leave: the one place for both. A node that stops is first
/// not ready, and goes on serving until proxies have noticed; then it leaves.
/// </summary>
internal sealed class NodeLeaving : IDisposable
{
    private readonly CancellationTokenSource _leaving = new();

    /// <summary>Whether new work is welcome.</summary>
    public bool IsReady { get; set; }

    /// <summary>
    /// Cancelled when the node takes no more connections: callers that wait are to be answered, and streams are to end.
    /// Not before, or a till that asks again would come back here at once, again and again.
    /// </summary>
    public CancellationToken Token => _leaving.Token;

    /// <summary>Ends all waiting and all streams.</summary>
    public Task Announce() => _leaving.CancelAsync();

    /// <summary>
    /// Runs a stream until it ends by itself, its caller hangs up, or the node leaves, which is no error.
    /// </summary>
    /// <param name="stream">Stops waiting when its token says so.</param>
    /// <param name="cancel">The caller's own.</param>
    public async Task UntilItLeaves(Func<CancellationToken, Task> stream, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel, Token);
        try
        {
            await stream(over.Token);
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // The caller asks another node.
        }
    }

    public void Dispose() => _leaving.Dispose();
}

namespace Fleet.Server.Api;

/// <summary>The start of a node, for what may begin only after it.</summary>
internal static class NodeStart
{
    /// <summary>Waits until the node listens; false when it is stopped before.</summary>
    public static async Task<bool> WaitForStart(this IHostApplicationLifetime life, CancellationToken cancel)
    {
        var started = new TaskCompletionSource();
        await using var one = life.ApplicationStarted.Register(() => started.TrySetResult());
        await using var other = cancel.Register(() => started.TrySetCanceled(cancel));
        await started.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return started.Task.IsCompletedSuccessfully;
    }
}

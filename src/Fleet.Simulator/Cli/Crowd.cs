namespace Fleet.Simulator.Cli;

/// <summary>Many readers in one process, from the first connection to Ctrl-C.</summary>
internal sealed class Crowd(ReadersSettings settings, TimeProvider clock)
{
    /// <summary>
    /// Connections per second at the start; switching on all devices at the same moment would be a different test.
    /// </summary>
    private const double DialsPerSecond = 200;

    private const int Failed = 1;

    /// <summary>Runs until <paramref name="cancel"/>; the result is the exit code.</summary>
    public async Task<int> RunToExit(CancellationToken cancel)
    {
        try
        {
            await RunReaders([.. settings.ListReaders().Select(one => new VirtualReader(one, clock))], cancel);
            return 0;
        }
        catch (JournalException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Failed;
        }
    }

    private async Task RunReaders(IReadOnlyList<VirtualReader> readers, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var notices = new Notices();
        foreach (var reader in readers) notices.WatchLink(reader, settings.Server, stop.Token);
        using var pairer = settings.Pairing is { } pairing ? new Pairer(pairing, readers, notices) : null;
        await Task.WhenAll(
        [
            Board.ShowReaders(readers, notices, clock, stop.Token),
            pairer?.PairUntilStopped(clock, stop.Token) ?? Task.CompletedTask,
            .. readers.Select((reader, index) => StartReader(reader, index, stop)),
        ]);
    }

    /// <summary>
    /// Runs a reader. If one reader stops with an error, all stop, because a run without it would prove nothing.
    /// </summary>
    private async Task StartReader(VirtualReader reader, int index, CancellationTokenSource stop)
    {
        await Task.Delay(TimeSpan.FromSeconds(index / DialsPerSecond), clock, stop.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await reader.RunAsync(stop.Token);
        }
        catch (JournalException)
        {
            await stop.CancelAsync();
            throw;
        }
    }
}

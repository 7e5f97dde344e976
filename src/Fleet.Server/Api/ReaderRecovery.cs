using Fleet.Simulator;

namespace Fleet.Server.Api;

/// <summary>
/// Virtual readers of this node when their journals cannot be written: such a reader is off, as a device must be that
/// cannot write down what it charges, and is switched on again when there is room.
/// </summary>
internal static class ReaderRecovery
{
    /// <summary>How often it is tried again.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    /// <summary>Runs a reader until <paramref name="cancel"/>.</summary>
    public static async Task RunThroughTrouble(
        this VirtualReader reader, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await reader.RunAsync(cancel);
            }
            catch (JournalException e)
            {
                log.ReaderIsOff(reader.Snapshot.Serial, e.Message);
                await WaitForRoom(reader.Journal, time, cancel);
                if (!cancel.IsCancellationRequested) log.ReaderIsOnAgain(reader.Snapshot.Serial);
            }
        }
    }

    private static async Task WaitForRoom(Journal journal, TimeProvider time, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(Again, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                journal.WriteAgain();
                return;
            }
            catch (JournalException)
            {
                // was said when the reader was switched off
            }
        }
    }
}

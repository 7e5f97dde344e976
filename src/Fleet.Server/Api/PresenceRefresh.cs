using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Api;

/// <summary>
/// Has SumUp's cloud asked how readers are that a person or a program looks at. A device of Fleet's own needs no
/// question.
/// </summary>
internal sealed class PresenceRefresh(ReaderGrainFactory readers, IGrainFactory grains, TimeProvider time)
{
    /// <summary>How long a caller waits for the cloud; after that the last word counts.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Readers of one board or list that the cloud is asked about, those with the oldest word first.</summary>
    private const int MaxShown = 200;

    /// <summary>The status of a reader, at most some seconds old; null when the key does not reach it.</summary>
    public async Task<ReaderStatus?> FindStatus(string readerId, Reach caller, CancellationToken cancel)
    {
        var reader = readers[readerId];
        var status = await Failover.CallWithRetry(() => reader.GetStatus(caller), cancel);
        if (status?.Read is not { } read || !PresenceRules.IsOlder(read, PresenceRules.AskedEvery, time.Now()))
            return status;
        var line = await Failover.CallWithRetry(reader.GetBoardLine, cancel);
        if (line is null || !await AskCloud(line, cancel)) return status;
        return await Failover.CallWithRetry(() => reader.GetStatus(caller), cancel) ?? status;
    }

    /// <summary>A reader with a status that is at most some seconds old.</summary>
    public async Task<BoardLine> FindFresh(BoardLine line, CancellationToken cancel) => await AskCloud(line, cancel)
        ? await Failover.CallWithRetry(readers[line.ReaderId].GetBoardLine, cancel) ?? line
        : line;

    /// <summary>Notes readers that are looked at, and waits for nothing.</summary>
    public void NoteShown(IEnumerable<BoardLine> lines)
    {
        var now = time.Now();
        foreach (var merchant in lines.Where(line => line.IsToBeRead(PresenceRules.WatchedEvery, now))
            .GroupBy(line => line.Pairing.MerchantCode))
        {
            var shown = merchant.OrderBy(line => line.State.Status.Read?.At).Take(MaxShown)
                .Select(line => line.Cloud).OfType<CloudReader>().ToList();
            grains.GetGrain<ICloudAccountGrain>(merchant.Key).NoteShown(shown).Ignore();
        }
    }

    /// <summary>Whether the cloud was asked, in time.</summary>
    private async Task<bool> AskCloud(BoardLine line, CancellationToken cancel)
    {
        if (!line.IsToBeRead(PresenceRules.AskedEvery, time.Now()) || line.Cloud is not { } reader) return false;
        try
        {
            await grains.GetGrain<ICloudAccountGrain>(line.Pairing.MerchantCode).SeeReader(reader)
                .WaitAsync(Patience, TimeProvider.System, cancel); // the real clock, as for a call
            return true;
        }
        catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}

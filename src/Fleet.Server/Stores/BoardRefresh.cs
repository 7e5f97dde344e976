using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>
/// Asks readers for what their store does not know of them, and removes readers that are in another store.
/// </summary>
internal sealed class BoardRefresh(
    StoreBoard board, StoreRoster roster, IGrainFactory grains, string storeKey, TimeProvider time)
{
    /// <summary>Readers asked at the same time.</summary>
    private const int MaxAsked = 64;

    /// <summary>Asks the readers that have not reported their state, or whose last report is doubtful.</summary>
    public async Task AskSilentReaders()
    {
        foreach (var some in board.Silent.Concat(board.TakeOverdue(time.Now())).Chunk(MaxAsked))
            await Task.WhenAll(some.Select(AskReader));
    }

    /// <summary>Asks a reader again that refused a checkout although it had reported that it was free.</summary>
    public async Task RecheckReader(string readerId)
    {
        board.DoubtReader(readerId);
        await AskReader(readerId);
    }

    /// <summary>
    /// Asks a reader. One that was never made, because its pairing was cut off, has no line and is forgotten; but not
    /// when it reported meanwhile: then it was made after it had answered.
    /// </summary>
    public async Task AskReader(string readerId)
    {
        var before = board.FindLine(readerId);
        try
        {
            var line = await grains.GetGrain<IReaderGrain>(readerId).GetBoardLine();
            if (line is not null && IsHere(line.Pairing)) board.PutLine(line);
            else if (board.FindLine(readerId) == before) await ForgetReader(readerId);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // It stays unknown, and is asked again.
        }
    }

    /// <summary>Removes a reader that was deleted, or is in another store.</summary>
    public async Task ForgetReader(string readerId)
    {
        board.RemoveReader(readerId);
        await roster.RemoveReader(readerId);
    }

    private bool IsHere(ReaderProfile reader) => StoreKey.ForStore(reader.MerchantCode, reader.Store) == storeKey;
}

using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>Asks readers what their store does not know of them, and forgets those that belong elsewhere.</summary>
internal sealed class BoardRefresh(
    StoreBoard board, StoreRoster roster, IGrainFactory grains, string storeKey, TimeProvider time)
{
    /// <summary>Readers asked at the same time.</summary>
    private const int MaxAsked = 64;

    /// <summary>Asks the readers that have not said how they are, or may have said it too long ago.</summary>
    public async Task AskSilentReaders()
    {
        foreach (var some in board.Silent.Concat(board.TakeOverdue(time.Now())).Chunk(MaxAsked))
            await Task.WhenAll(some.Select(AskReader));
    }

    /// <summary>Asks a reader again that was not as it had said.</summary>
    public async Task RecheckReader(string readerId)
    {
        board.DoubtReader(readerId);
        await AskReader(readerId);
    }

    /// <summary>
    /// Asks a reader. One that was never made, because its pairing was cut off, has no line and is forgotten.
    /// </summary>
    public async Task AskReader(string readerId)
    {
        try
        {
            var line = await grains.GetGrain<IReaderGrain>(readerId).GetBoardLine();
            if (line is not null && IsHere(line.Pairing)) board.PutLine(line);
            else await ForgetReader(readerId);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            // It stays silent, and is asked again.
        }
    }

    /// <summary>A reader was deleted, or is in another store.</summary>
    public async Task ForgetReader(string readerId)
    {
        board.RemoveReader(readerId);
        await roster.RemoveReader(readerId);
    }

    private bool IsHere(ReaderProfile reader) => StoreKey.ForStore(reader.MerchantCode, reader.Store) == storeKey;
}

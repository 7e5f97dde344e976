using System.Runtime.CompilerServices;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;
using Fleet.Server.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Stores;

/// <summary>What the page of a store shows live: its readers that changed, and the counts and waiting tills.</summary>
internal sealed class StoreLive(BoardWatch watch, StoreDirectory stores, Fragments fragments, TimeProvider time)
{
    /// <summary>The shortest time between two frames of a store; changes in between are told together.</summary>
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(250);

    /// <summary>The source for one store.</summary>
    public LiveSource Of(string merchantCode, string store) => cancel => Follow(merchantCode, store, cancel);

    private async IAsyncEnumerable<LiveChange> Follow(
        string merchantCode, string store, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (stores.FindStore(new(merchantCode), store) is not { } grain) yield break;
        var readers = new Dictionary<string, Proto.Reader>();
        await foreach (var board in watch.FollowBoard(grain, cancel))
        {
            if (board is null) continue;
            if (board.Whole) readers.Clear();
            foreach (var reader in board.Readers) readers[reader.ReaderId] = reader;
            yield return new(board.Whole, await Render(merchantCode, board, readers.Values));
            await Task.Delay(Frame, TimeProvider.System, cancel); // the real clock: a pause for browsers
        }
    }

    private Task<IReadOnlyList<LivePart>> Render(
        string merchantCode, Proto.StoreBoard board, IEnumerable<Proto.Reader> readers)
    {
        var now = time.GetUtcNow();
        return fragments.Render(board.Readers.Select(reader => RowOf(merchantCode, reader, now))
            .Prepend(new(BoardSummary.Id, typeof(BoardSummary), new()
            {
                [nameof(BoardSummary.Now)] = now,
                [nameof(BoardSummary.View)] = BoardCounts.Of(readers, board),
            })));
    }

    private static FragmentOf RowOf(string merchantCode, Proto.Reader reader, DateTimeOffset now) =>
        new(reader.ReaderId, typeof(ReaderRow), new()
        {
            [nameof(ReaderRow.MerchantCode)] = merchantCode,
            [nameof(ReaderRow.Reader)] = reader,
            [nameof(ReaderRow.Now)] = now,
        });
}

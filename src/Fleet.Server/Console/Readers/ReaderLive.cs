using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Readers;

/// <summary>What the page of a reader shows live.</summary>
internal sealed class ReaderLive(BoardWatch watch, Fragments fragments, TimeProvider time)
{
    /// <summary>The source for one reader.</summary>
    /// <param name="reach">What the viewers may see: a reader that leaves it is gone for them.</param>
    /// <param name="readerId">The reader.</param>
    public LiveSource Of(Reach reach, string readerId) => cancel => Follow(reach, readerId, cancel);

    private async IAsyncEnumerable<LiveChange> Follow(
        Reach reach, string readerId, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (await watch.FindLine(readerId, reach, cancel) is { } line)
        {
            await foreach (var reader in watch.FollowReader(line, reach, cancel))
                yield return new(true, await Render(reach.MerchantCode, reader));
        }
        yield return new(true, await Render(reach.MerchantCode, null));
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel); // it does not come back
    }

    private Task<IReadOnlyList<LivePart>> Render(string merchantCode, Proto.Reader? reader) => fragments.Render(
    [
        new(ReaderNow.Id, typeof(ReaderNow), new()
        {
            [nameof(ReaderNow.MerchantCode)] = merchantCode,
            [nameof(ReaderNow.Reader)] = reader,
            [nameof(ReaderNow.Now)] = time.GetUtcNow(),
        }),
    ]);
}

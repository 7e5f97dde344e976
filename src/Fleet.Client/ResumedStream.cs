using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Fleet.Client;

/// <summary>
/// A stream that goes on after its connection broke or its node left. Fleet begins each stream with the whole state, so
/// nothing is missed but what was changed and changed back meanwhile.
/// </summary>
internal static class ResumedStream
{
    /// <summary>
    /// Reads a stream until its last message, or until the caller cancels it. What fails before the first message is
    /// thrown, and so is later what another attempt cannot mend.
    /// </summary>
    /// <param name="open">Opens the stream, from its beginning.</param>
    /// <param name="isLast">Whether a message is the last one of the stream.</param>
    /// <param name="endsWhenGone">Whether the stream ends, without a failure, when what it is about is gone.</param>
    /// <param name="options">The clock, and the number of attempts for the first message.</param>
    /// <param name="cancel">Ends the stream.</param>
    public static async IAsyncEnumerable<T> Read<T>(
        Func<CancellationToken, AsyncServerStreamingCall<T>> open, Func<T, bool> isLast, bool endsWhenGone,
        FleetClientOptions options, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (pauses, hasBegun, tries) = (new Pauses(options.Time), false, 1);
        while (true)
        {
            FleetException? broken;
            using (var call = open(cancel))
            {
                while (true)
                {
                    (var hasNext, broken) = await TryMove(call.ResponseStream, cancel).ConfigureAwait(false);
                    if (!hasNext) break;
                    hasBegun = true;
                    pauses.Reset();
                    yield return call.ResponseStream.Current;
                    if (isLast(call.ResponseStream.Current)) yield break;
                }
            }
            if (endsWhenGone && hasBegun && broken?.StatusCode is StatusCode.NotFound) yield break;
            if (broken is { IsTransient: false } || broken is not null && !hasBegun && tries++ >= options.Tries)
                throw broken;
            await pauses.Wait(broken?.RetryAfter, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<(bool HasNext, FleetException? Broken)> TryMove<T>(
        IAsyncStreamReader<T> stream, CancellationToken cancel)
    {
        try
        {
            return (await stream.MoveNext(cancel).ConfigureAwait(false), null);
        }
        catch (FleetException e)
        {
            return (false, e);
        }
    }
}

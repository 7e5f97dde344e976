using System.Diagnostics;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>Makes many calls at once, with one deadline. A failed call affects only its own item.</summary>
internal static class FanOut
{
    /// <summary>Calls that run at the same time, without those that are already slow.</summary>
    public const int AtOnce = 64;

    private const string Late = "did not answer in time", Away = "could not be asked";

    /// <summary>
    /// A call that takes longer than this lets the next one begin; otherwise a few hung stores would stop the calls to
    /// all others.
    /// </summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(100);

    /// <summary>The time left of a deadline that began at a timestamp; at least zero.</summary>
    public static TimeSpan TimeLeft(TimeSpan deadline, long start) =>
        TimeSpan.FromTicks(Math.Max(0, (deadline - Stopwatch.GetElapsedTime(start)).Ticks));

    /// <summary>Calls for each item; the outcomes are in the order of the items.</summary>
    public static async Task<CallOutcome<TResult>[]> CallAll<TItem, TResult>(
        IReadOnlyList<TItem> items, TimeSpan deadline, Func<TItem, Task<TResult>> call)
    {
        var calls = new Task<CallOutcome<TResult>>[items.Count];
        using var over = new CancellationTokenSource(deadline);
        var next = 0; // needs no lock: all of this runs in one grain, which runs one turn at a time
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, items.Count)).Select(_ => Work()));
        return await Task.WhenAll(calls);

        async Task Work()
        {
            while (next < items.Count)
            {
                var i = next++;
                calls[i] = CallOne(items[i], call, over.Token);
                if (!calls[i].IsCompleted) await Task.WhenAny(calls[i], Task.Delay(Slow, TimeProvider.System));
            }
        }
    }

    private static async Task<CallOutcome<TResult>> CallOne<TItem, TResult>(
        TItem item, Func<TItem, Task<TResult>> call, CancellationToken over)
    {
        if (over.IsCancellationRequested) return new(default, Late);
        try
        {
            return new(await call(item).WaitAsync(over));
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return new(default, Late);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return new(default, Away);
        }
    }
}

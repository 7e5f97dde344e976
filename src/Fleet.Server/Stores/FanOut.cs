using System.Diagnostics;
using Fleet.Server.Grains;

namespace Fleet.Server.Stores;

/// <summary>Many calls at once, with one deadline. One that fails costs its own item, and none waits for it.</summary>
internal static class FanOut
{
    /// <summary>Calls under way at the same time, not counting those that are slow already.</summary>
    public const int AtOnce = 64;

    private const string Late = "did not answer in time", Away = "could not be asked";

    /// <summary>
    /// A call that takes longer makes room for the next one: as many hung stores as there is room for would keep all
    /// others from being asked.
    /// </summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(100);

    /// <summary>What is left of a deadline that began at a timestamp; never less than nothing.</summary>
    public static TimeSpan TimeLeft(TimeSpan deadline, long start) =>
        TimeSpan.FromTicks(Math.Max(0, (deadline - Stopwatch.GetElapsedTime(start)).Ticks));

    /// <summary>Calls for each item; the outcomes are in the order of the items.</summary>
    public static async Task<CallOutcome<TResult>[]> CallAll<TItem, TResult>(
        IReadOnlyList<TItem> items, TimeSpan deadline, Func<TItem, Task<TResult>> call)
    {
        var calls = new Task<CallOutcome<TResult>>[items.Count];
        using var over = new CancellationTokenSource(deadline);
        var next = 0; // a grain runs one turn at a time, and all of this is one grain's
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

using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Benchmarks.Devices;
using Fleet.Benchmarks.Load;

namespace Fleet.Benchmarks.Viewers;

/// <summary>
/// Payments at a fixed rate on some readers in turn. Each is started and soon ended, and changes its board twice.
/// </summary>
internal sealed class Payments(Till till, IEnumerable<string> readers)
{
    private const int PerSecond = 100;

    /// <summary>What each payment changes: its start and its end.</summary>
    public const int ChangesPerSecond = 2 * PerSecond;

    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(0.5), Tick = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<string> _free = new(readers);

    /// <summary>Runs them for some time.</summary>
    /// <returns>How long the node took to accept each of them.</returns>
    public async Task<Measured> Run(TimeSpan lasts)
    {
        var (accepted, paying, start) = (new ConcurrentBag<TimeSpan>(), new List<Task>(), Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(Tick);
        while (Stopwatch.GetElapsedTime(start) is var passed && passed < lasts)
        {
            for (var due = (int)(passed.TotalSeconds * PerSecond); paying.Count < due;) paying.Add(Pay(accepted));
            await timer.WaitForNextTickAsync();
        }
        var elapsed = Stopwatch.GetElapsedTime(start);
        await Task.WhenAll(paying);
        return new(elapsed, [.. accepted]);
    }

    private async Task Pay(ConcurrentBag<TimeSpan> accepted)
    {
        if (!_free.TryDequeue(out var reader))
            throw new InvalidOperationException("The node is so slow that all readers are busy.");
        var asked = Stopwatch.GetTimestamp();
        await till.Charge(reader);
        accepted.Add(Stopwatch.GetElapsedTime(asked));
        using var timer = new PeriodicTimer(Lasts);
        await timer.WaitForNextTickAsync();
        await till.End(reader);
        _free.Enqueue(reader);
    }
}

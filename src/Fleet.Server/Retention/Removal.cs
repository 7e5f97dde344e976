using System.Security.Cryptography;
using System.Text;
using Fleet.Core.Retention;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Retention;

/// <summary>
/// Exports old rows of a day to a file, reads the file back, and then removes the rows that it has, in small steps. A
/// node that died in between is followed by one that finds the file and removes its rows.
/// </summary>
internal sealed class Removal(
    IEnumerable<IOldRows> rows, IOptions<FleetOptions> options, FleetMeter meter, TimeProvider time)
    : IDisposable
{
    /// <summary>Rows of one step: so few that no payment waits long for it.</summary>
    public const int MaxStep = 100;

    /// <summary>Rows that a dry run counts.</summary>
    public const int MaxCounted = 100_000;

    /// <summary>One at a time on this node.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The first day with rows that may be due; null for none.</summary>
    public Task<DateOnly?> FindDay(RetentionKind kind, DateOnly from, DateOnly end, CancellationToken cancel) =>
        Find(kind).FindDay(from, end, cancel);

    /// <summary>Counts what is due, at most <see cref="MaxCounted"/> rows.</summary>
    public async Task<int> CountDue(RetentionKind kind, DateOnly end, CancellationToken cancel)
    {
        var (counted, from) = (0, DateOnly.MinValue);
        while (counted < MaxCounted && await FindDay(kind, from, end, cancel) is { } day)
        {
            counted += await Find(kind).ReadLines(day, end, cancel).Take(MaxCounted - counted).CountAsync(cancel);
            from = day.AddDays(1);
        }
        return counted;
    }

    /// <summary>Exports and removes what fits into one file, of the first day that has something.</summary>
    /// <param name="kind">What.</param>
    /// <param name="from">Not before this day.</param>
    /// <param name="end">Before this day.</param>
    /// <param name="cancel">Ends it between two steps.</param>
    /// <exception cref="InvalidDataException">A file is not what was written. Nothing of it was removed.</exception>
    public async Task<RemovedPart> RemovePart(
        RetentionKind kind, DateOnly from, DateOnly end, CancellationToken cancel)
    {
        var folder = options.Value.Retention.ExportFolder
            ?? throw new InvalidOperationException("There is no folder for exports.");
        await _turn.WaitAsync(cancel);
        try
        {
            if (await FindDay(kind, from, end, cancel) is not { } day) return new(null, 0, 0, null);
            var earlier = new EarlierFile(ExportFolder.FindLast(folder, kind, day));
            var lines = Find(kind).ReadLines(day, end, cancel)
                .Where(async (line, _) => !await earlier.Has(line, cancel));
            var (path, exported) = await ExportFolder.WriteNext(folder, kind, day, lines, cancel);
            meter.CountRetention(kind, "exported", exported);
            var removed = earlier.HadSome ? await RemoveListed(kind, earlier.Path, cancel) : 0;
            if (exported > 0) removed += await RemoveListed(kind, path, cancel);
            return new(day, exported, removed, exported == ExportFolder.MaxRows ? day : day.AddDays(1));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private IOldRows Find(RetentionKind kind) => rows.Single(one => one.Kind == kind);

    private async Task<int> RemoveListed(RetentionKind kind, string path, CancellationToken cancel)
    {
        await ExportFolder.VerifyFile(path, cancel);
        var (removed, pause) = (0, RetentionRules.MinPause);
        await foreach (var step in ExportFolder.ReadRows(path, cancel).Chunk(MaxStep).WithCancellation(cancel))
        {
            var began = time.GetTimestamp();
            var done = await Find(kind).RemoveRows(step, cancel);
            meter.CountRetention(kind, "removed", done);
            removed += done;
            pause = RetentionRules.FindPause(pause, time.GetElapsedTime(began));
            await Task.Delay(pause, time, cancel);
        }
        return removed;
    }

    /// <summary>The last file of a day, which may have rows that are not removed yet.</summary>
    private sealed class EarlierFile(string? path)
    {
        private HashSet<string>? _hashes;

        public string Path => path ?? throw new InvalidOperationException("There is no earlier file.");

        public bool HadSome { get; private set; }

        public async ValueTask<bool> Has(string line, CancellationToken cancel)
        {
            if (path is null) return false;
            if (_hashes is null)
            {
                await ExportFolder.VerifyFile(path, cancel);
                _hashes = await ExportFolder.ReadRows(path, cancel).Select(HashOf).ToHashSetAsync(null, cancel);
            }
            var has = _hashes.Contains(HashOf(line));
            HadSome |= has;
            return has;
        }

        private static string HashOf(string line) =>
            Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(line)));
    }
}

/// <summary>What was exported and removed.</summary>
/// <param name="Day">The day; null when nothing is due.</param>
/// <param name="Exported">Rows that were written to a file.</param>
/// <param name="Removed">Rows that were removed.</param>
/// <param name="Next">The day with which to go on; null when nothing is due.</param>
internal sealed record RemovedPart(DateOnly? Day, int Exported, int Removed, DateOnly? Next);

using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Core.Retention;

namespace Fleet.Server.Retention;

/// <summary>
/// The files with what was removed: lines of JSON, compressed with gzip, and a last line with their number and their
/// SHA-256. A file has its name only when it is complete and on disk, and is never changed after that.
/// </summary>
internal static class ExportFolder
{
    /// <summary>Rows of one file. All of them are removed before the next file is written.</summary>
    public const int MaxRows = 20_000;

    private const string Manifest = "manifest", Ending = ".jsonl.gz", Unfinished = ".tmp";

    /// <summary>The last file of a day; null for none.</summary>
    public static string? FindLast(string folder, RetentionKind kind, DateOnly day)
    {
        string? last = null;
        for (var number = 1; File.Exists(NameFile(folder, kind, day, number)); number++)
            last = NameFile(folder, kind, day, number);
        return last;
    }

    /// <summary>Writes the next file of a day. Returns its number of rows; with 0 there is no file.</summary>
    /// <exception cref="IOException">It could not be written, or another process wrote it.</exception>
    public static async Task<(string Path, int Rows)> WriteNext(
        string folder, RetentionKind kind, DateOnly day, IAsyncEnumerable<string> lines, CancellationToken cancel)
    {
        var number = 1;
        while (File.Exists(NameFile(folder, kind, day, number))) number++;
        var path = NameFile(folder, kind, day, number);
        var rows = await WriteLines(path + Unfinished, kind, day, lines, cancel);
        if (rows == 0)
        {
            File.Delete(path + Unfinished);
            return (path, 0);
        }
        File.Move(path + Unfinished, path, overwrite: false);
        using var renamed = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(renamed); // journalling file systems store the new name with it
        return (path, rows);
    }

    /// <summary>Reads a whole file and compares it with its manifest. Returns its rows.</summary>
    /// <exception cref="InvalidDataException">The file is not what was written.</exception>
    public static async Task<int> VerifyFile(string path, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = 0;
        await foreach (var line in ReadAll(path, cancel))
        {
            if (ReadManifest(line) is not { } manifest)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
                rows++;
                continue;
            }
            if ((int?)manifest["rows"] != rows || (string?)manifest["sha256"] != HexOf(hash))
                throw new InvalidDataException($"{Path.GetFileName(path)} is not what its manifest says.");
            return rows;
        }
        throw new InvalidDataException($"{Path.GetFileName(path)} has no manifest.");
    }

    /// <summary>The rows of a file that was verified.</summary>
    public static IAsyncEnumerable<string> ReadRows(string path, CancellationToken cancel) =>
        ReadAll(path, cancel).Where(line => ReadManifest(line) is null);

    private static async Task<int> WriteLines(
        string path, RetentionKind kind, DateOnly day, IAsyncEnumerable<string> lines, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = 0;
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        await using (var zip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
        {
            await foreach (var line in lines.Take(MaxRows).WithCancellation(cancel))
            {
                var bytes = Encoding.UTF8.GetBytes(line + "\n");
                hash.AppendData(bytes);
                await zip.WriteAsync(bytes, cancel);
                rows++;
            }
            var manifest = new JsonObject
            {
                [Manifest] = new JsonObject
                {
                    ["kind"] = kind.ToWireName(), ["day"] = $"{new CloudDay(day)}", ["rows"] = rows,
                    ["sha256"] = HexOf(hash),
                },
            };
            await zip.WriteAsync(Encoding.UTF8.GetBytes(manifest.ToJsonString() + "\n"), cancel);
        }
        file.Flush(flushToDisk: true);
        return rows;
    }

    private static async IAsyncEnumerable<string> ReadAll(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        await using var zip = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new StreamReader(zip, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancel) is { } line) yield return line;
    }

    private static JsonNode? ReadManifest(string line)
    {
        const string Start = $"{{\"{Manifest}\":";
        if (!line.StartsWith(Start, StringComparison.Ordinal)) return null;
        try
        {
            return JsonNode.Parse(line)?[Manifest];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The manifest cannot be read.", e);
        }
    }

    private static string HexOf(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash());

    /// <summary>
    /// For example <c>checkouts-2026-11-29.jsonl.gz</c>, then <c>checkouts-2026-11-29.2.jsonl.gz</c>.
    /// </summary>
    private static string NameFile(string folder, RetentionKind kind, DateOnly day, int number)
    {
        var part = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $".{number}");
        return Path.Combine(folder, $"{kind.ToWireName()}-{new CloudDay(day)}{part}{Ending}");
    }
}

using System.IO.Compression;

namespace Fleet.Cli;

/// <summary>Reads small files that are named on the command line.</summary>
internal static class Files
{
    /// <summary>The largest file that is read; a key or a list of readers is smaller.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>All of a file; it is decompressed when its name ends in <c>.gz</c>.</summary>
    /// <exception cref="Failure">It cannot be read.</exception>
    public static string ReadText(string path, string option)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw Failure.WrongUsage($"{option}: {path} has more than {MaxBytes} bytes.");
            if (!path.EndsWith(".gz", StringComparison.Ordinal)) return File.ReadAllText(path);
            using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Failure.WrongUsage($"{option}: {e.Message}");
        }
    }
}

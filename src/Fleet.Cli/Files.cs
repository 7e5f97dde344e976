using System.IO.Compression;
using System.Text;

namespace Fleet.Cli;

/// <summary>Reads small files that are named on the command line.</summary>
internal static class Files
{
    /// <summary>The largest file that is read; a key or a list of readers is smaller.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Texts in another encoding are refused, because what is read would be another text.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All of a file; it is decompressed when its name ends in <c>.gz</c>.</summary>
    /// <exception cref="Failure">It cannot be read.</exception>
    public static string ReadText(string path, string option)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw Failure.WrongUsage($"{option}: {path} has more than {MaxBytes} bytes.");
            if (!path.EndsWith(".gz", StringComparison.Ordinal)) return File.ReadAllText(path, Utf8);
            using var reader =
                new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Utf8);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            throw Failure.WrongUsage($"{option}: {path} is not a text in UTF-8.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw Failure.WrongUsage($"{option}: {e.Message}");
        }
    }
}

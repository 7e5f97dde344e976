using System.Text;

namespace Fleet.Cli;

/// <summary>Reads small files that are named on the command line.</summary>
internal static class Files
{
    /// <summary>The largest file that is read; a key or a list of readers is smaller.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>Texts in another encoding are refused, because what is read would be another text.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All of a file.</summary>
    /// <exception cref="Failure">It cannot be read.</exception>
    public static string ReadText(string path, string option)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw Failure.WrongUsage($"{option}: {path} has more than {MaxBytes} bytes.");
            return File.ReadAllText(path, Utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Failure.WrongUsage($"{option}: {path} is not a text in UTF-8.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure.WrongUsage($"{option}: {e.Message}");
        }
    }
}

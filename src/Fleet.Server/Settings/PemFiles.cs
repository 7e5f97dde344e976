using System.Security.Cryptography;

namespace Fleet.Server.Settings;

/// <summary>
/// What PEM files hold. The files are read for each connection, which costs little beside a handshake of TLS, so that
/// new files count at once. While they cannot be used, what they held before stays.
/// </summary>
internal sealed class PemFiles<T> where T : class
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<string>, T> _parse;
    private readonly ILogger _log;
    private IReadOnlyList<string> _texts;
    private T _current;
    private string? _why;

    /// <summary>Reads them for the first time.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="parse">Makes something of their texts, in the same order.</param>
    /// <param name="log">Where new content is told of.</param>
    /// <exception cref="Exception">They cannot be used; <see cref="WhyUnusable"/> knows the types.</exception>
    public PemFiles(IReadOnlyList<string> paths, Func<IReadOnlyList<string>, T> parse, ILogger log)
    {
        (_paths, _parse, _log) = (paths, parse, log);
        _texts = ReadTexts();
        _current = parse(_texts);
    }

    /// <summary>What they hold now.</summary>
    public T Read()
    {
        lock (_lock)
        {
            try
            {
                ReadAgain();
            }
            catch (Exception e) when (IsOfFiles(e))
            {
                if (_why != e.Message) _log.FilesUnusable(string.Join(", ", _paths), e.Message);
                _why = e.Message;
            }
            return _current;
        }
    }

    /// <summary>Why files cannot be used; null when they can.</summary>
    public static string? WhyUnusable(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            return e.Message;
        }
    }

    private void ReadAgain()
    {
        var texts = ReadTexts();
        if (texts.SequenceEqual(_texts)) return;
        _texts = texts; // also if they are unusable: they are not tried again before they change
        _current = _parse(texts);
        _why = null;
        _log.FilesRead(string.Join(", ", _paths));
    }

    private IReadOnlyList<string> ReadTexts() => [.. _paths.Select(File.ReadAllText)];

    private static bool IsOfFiles(Exception e) =>
        e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;
}

internal static partial class PemLog
{
    [LoggerMessage(3300, LogLevel.Warning, "The new content of {Files} cannot be used, the one before stays: {Why}")]
    public static partial void FilesUnusable(this ILogger log, string files, string why);

    [LoggerMessage(3301, LogLevel.Information, "New connections use the new content of {Files}")]
    public static partial void FilesRead(this ILogger log, string files);

    [LoggerMessage(3302, LogLevel.Warning, "The certificate for {Use} expired at {NotAfter:u}")]
    public static partial void CertificateExpired(this ILogger log, string use, DateTimeOffset notAfter);
}

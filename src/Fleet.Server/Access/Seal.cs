using System.Buffers;
using System.Buffers.Text;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Fleet.Server.Access;

/// <summary>
/// Encrypts texts that only nodes may read and change, for example a merchant's key of SumUp in the database. What one
/// node has sealed all nodes open, also after the keys of the ring were renewed, which they are every 90 days. Nothing
/// is read or made before the first use. A first use waits for the database.
/// </summary>
internal sealed class Seal(IXmlRepository entries, TimeProvider time)
{
    /// <summary>Part of every key: with another name nothing that was sealed before could be opened.</summary>
    private const string Application = "fleet";

    /// <summary>The head of a sealed text, before Base64: four bytes of its format, then the id of its key.</summary>
    private const int FormatBytes = 4, HeadBytes = FormatBytes + 16, HeadLetters = 28;

    /// <summary>
    /// How often at most the ring is read again for a text whose key this node does not know: another node may just
    /// have made that key, but any caller may have made the text up.
    /// </summary>
    public static readonly TimeSpan RereadPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Guid> _known = [];
    private IDataProtectionProvider? _ring;
    private ExceptionDispatchInfo? _failure;
    private long? _readAt;

    /// <summary>Encrypts a text. The result has letters, digits, <c>-</c> and <c>_</c> only.</summary>
    /// <param name="purpose">What it is for: it can be opened for the same purpose only.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    /// <exception cref="InvalidOperationException">This node has not the key of the ring.</exception>
    public string SealText(string purpose, string text)
    {
        var closed = Use(FindRing(), ring => ring.CreateProtector(purpose).Protect(text));
        if (KeyOf(closed) is { } key) lock (_lock) _known.Add(key);
        return closed;
    }

    /// <summary>
    /// The text that was sealed; null when it was not sealed by a node, was changed, or was sealed for another purpose.
    /// </summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="sealedText">What <see cref="SealText"/> returned.</param>
    /// <exception cref="LedgerUnavailableException">The database did not answer.</exception>
    /// <exception cref="InvalidOperationException">This node has not the key of the ring.</exception>
    public string? OpenText(string purpose, string sealedText)
    {
        if (KeyOf(sealedText) is not { } key || FindRing(key) is not { } found) return null;
        try
        {
            return Use(found, ring => ring.CreateProtector(purpose).Unprotect(sealedText));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtectionProvider FindRing()
    {
        lock (_lock) return _ring ?? ReadRing();
    }

    /// <summary>The ring, if it has a key.</summary>
    private IDataProtectionProvider? FindRing(Guid key)
    {
        lock (_lock)
        {
            if (_known.Contains(key)) return _ring;
            if (_readAt is { } before && time.GetElapsedTime(before) < RereadPause)
            {
                _failure?.Throw(); // it is still not known whether there is such a key
                return null;
            }
            var ring = ReadRing();
            return _known.Contains(key) ? ring : null;
        }
    }

    /// <summary>Data Protection has no call to read its ring again, so it is set up anew.</summary>
    private IDataProtectionProvider ReadRing()
    {
        _readAt = time.GetTimestamp();
        try
        {
            var services = new ServiceCollection();
            services.AddDataProtection().SetApplicationName(Application);
            services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = entries);
            var provider = services.BuildServiceProvider();
            _known.UnionWith(provider.GetRequiredService<IKeyManager>().GetAllKeys().Select(key => key.KeyId));
            (_ring, _failure) = (provider.GetRequiredService<IDataProtectionProvider>(), null);
            return _ring;
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    /// <summary>
    /// Data Protection throws one exception for a text that it cannot open and for a ring that it cannot read.
    /// </summary>
    private static string Use(IDataProtectionProvider ring, Func<IDataProtectionProvider, string> use)
    {
        try
        {
            return use(ring);
        }
        catch (CryptographicException e)
            when (e.InnerException is LedgerUnavailableException or InvalidOperationException)
        {
            ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    /// <summary>The id of the key that sealed a text; null when it is no sealed text.</summary>
    private static Guid? KeyOf(string sealedText)
    {
        Span<byte> head = stackalloc byte[HeadBytes + 1];
        return sealedText.Length > HeadLetters
            && Base64Url.DecodeFromChars(sealedText.AsSpan(0, HeadLetters), head, out _, out _) is OperationStatus.Done
                ? new Guid(head[FormatBytes..HeadBytes])
                : null;
    }
}

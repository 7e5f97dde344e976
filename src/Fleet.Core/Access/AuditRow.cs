using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Fleet.Core.Access;

/// <summary>A row of the audit, in its chain.</summary>
/// <param name="Chain">The id of the chain: the rows that one writer wrote in one run of a node.</param>
/// <param name="Seq">Its place in it: 1, 2, 3 …</param>
/// <param name="At">When the change was decided.</param>
/// <param name="Node">The node that wrote it.</param>
/// <param name="Note">What happened.</param>
/// <param name="Prev">The hash of the row before it; empty for the first.</param>
/// <param name="Hash">SHA-256 of everything above, in hexadecimal.</param>
public sealed record AuditRow(
    Guid Chain, long Seq, DateTimeOffset At, string Node, AuditNote Note, string Prev, string Hash)
{
    /// <summary>Digits of the length of a field.</summary>
    private const int MaxDigits = 10;

    /// <summary>Bytes of the longest field that is not a text: the id of a chain.</summary>
    private const int MaxValue = 36;

    public AuditPlace Place => new(At, Chain, Seq);

    /// <summary>The end of a chain that ends with this row.</summary>
    public AuditTail Tail => new(Chain, Seq, Hash);

    /// <summary>The hash that belongs to the rest of the row.</summary>
    public string RightHash() => HashOf(Chain, Seq, At, Node, Note, Prev);

    /// <summary>
    /// The hash of a row of these parts. Each change of a checkout has a row, so it takes no memory but its result.
    /// </summary>
    internal static string HashOf(
        Guid chain, long seq, DateTimeOffset at, string node, AuditNote note, string prev)
    {
        ReadOnlySpan<string> texts =
        [
            node, note.KeyId, note.KeyName, note.MerchantCode, note.Action, note.Subject, note.Detail,
            note.RemoteAddress, prev,
        ];
        var most = 3 * (MaxDigits + 1 + MaxValue);
        foreach (var text in texts) most += MaxDigits + 1 + Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = ArrayPool<byte>.Shared.Rent(most);
        var used = 0;
        AddValue(rented, ref used, chain, default);
        AddValue(rented, ref used, seq, default);
        AddValue(rented, ref used, at.UtcDateTime, Rfc3339.Format);
        foreach (var text in texts)
        {
            AddLength(rented, ref used, Encoding.UTF8.GetByteCount(text));
            used += Encoding.UTF8.GetBytes(text, rented.AsSpan(used));
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(rented.AsSpan(0, used), hash);
        ArrayPool<byte>.Shared.Return(rented);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>What is wrong with the row when it follows that other row; null when it fits.</summary>
    public string? WrongAfter(AuditRow? before) =>
        WrongAfter(before?.Chain == Chain ? before.Tail : AuditTail.Begin(Chain));

    /// <summary>The same for a chain that ended there.</summary>
    public string? WrongAfter(AuditTail tail)
    {
        if (Seq != tail.Seq + 1) return "a row before this one is missing";
        if (Prev != tail.Hash) return "this row does not link to the one before it";
        return Hash == RightHash() ? null : "this row was changed";
    }

    private static void AddValue<T>(byte[] bytes, ref int used, T value, ReadOnlySpan<char> format)
        where T : IUtf8SpanFormattable
    {
        Span<byte> text = stackalloc byte[MaxValue];
        value.TryFormat(text, out var length, format, CultureInfo.InvariantCulture);
        AddLength(bytes, ref used, length);
        text[..length].CopyTo(bytes.AsSpan(used));
        used += length;
    }

    /// <summary>
    /// The length stands before each field, so that moving text from one field to the next changes the hash.
    /// </summary>
    private static void AddLength(byte[] bytes, ref int used, int length)
    {
        Utf8.TryWrite(bytes.AsSpan(used), $"{length}:", out var written);
        used += written;
    }
}

/// <summary>
/// The end of a chain, where its next row goes. A writer keeps the new end once its rows are saved. When it does not
/// know whether they are saved, it begins a new chain.
/// </summary>
public sealed record AuditTail(Guid Chain, long Seq, string Hash)
{
    /// <summary>The beginning of a chain.</summary>
    /// <param name="chain">A new id.</param>
    public static AuditTail Begin(Guid chain) => new(chain, 0, "");

    /// <summary>The next row.</summary>
    public AuditRow NextRow(AuditNote note, DateTimeOffset at, string node) => new(
        Chain, Seq + 1, at, node, note, Prev: Hash, AuditRow.HashOf(Chain, Seq + 1, at, node, note, Hash));
}

/// <summary>The place of a row among all rows: by time, and by chain where two have the same time.</summary>
public readonly record struct AuditPlace(DateTimeOffset At, Guid Chain, long Seq)
{
    /// <summary>The place before all rows of this time.</summary>
    public static AuditPlace BeforeTime(DateTimeOffset time) => new(time, Guid.Empty, 0);
}

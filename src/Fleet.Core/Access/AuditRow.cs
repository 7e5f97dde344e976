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
    /// <summary>Bytes that are enough to hash most rows.</summary>
    private const int TypicalLength = 512;

    /// <summary>Digits of the length of a field.</summary>
    private const int MaxDigits = 10;

    public AuditPlace Place => new(At, Chain, Seq);

    /// <summary>The end of a chain that ends with this row.</summary>
    public AuditTail Tail => new(Chain, Seq, Hash);

    /// <summary>The hash that belongs to the rest of the row.</summary>
    public string RightHash()
    {
        string[] fields =
        [
            Chain.ToString(), Seq.ToString(CultureInfo.InvariantCulture), Rfc3339.TextOf(At), Node, Note.KeyId,
            Note.KeyName, Note.MerchantCode, Note.Action, Note.Subject, Note.Detail, Note.RemoteAddress, Prev,
        ];
        var text = new ArrayBufferWriter<byte>(TypicalLength);
        foreach (var field in fields)
        {
            // The length stands before each field, so that moving text from one field to the next changes the hash.
            Utf8.TryWrite(text.GetSpan(MaxDigits + 1), $"{Encoding.UTF8.GetByteCount(field)}:", out var written);
            text.Advance(written);
            Encoding.UTF8.GetBytes(field, text);
        }
        return Convert.ToHexStringLower(SHA256.HashData(text.WrittenSpan));
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
    public AuditRow NextRow(AuditNote note, DateTimeOffset at, string node)
    {
        var row = new AuditRow(Chain, Seq + 1, at, node, note, Prev: Hash, Hash: "");
        return row with { Hash = row.RightHash() };
    }
}

/// <summary>The place of a row among all rows: by time, and by chain where two have the same time.</summary>
public readonly record struct AuditPlace(DateTimeOffset At, Guid Chain, long Seq)
{
    /// <summary>The place before all rows of this time.</summary>
    public static AuditPlace BeforeTime(DateTimeOffset time) => new(time, Guid.Empty, 0);
}

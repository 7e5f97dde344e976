using System.Buffers.Binary;

namespace Fleet.Core.Transactions;

/// <summary>
/// The place of an entry in a merchant's history, as a UUID (version 7): its time in microseconds, then bits of the id
/// of its object. So entries are sorted by time, a time is a place, and a page is a range of the key.
/// </summary>
public static class HistoryKey
{
    /// <summary>The UUID version of every place.</summary>
    public const int UuidVersion = 7;

    /// <summary>The place of something that happened at a time, in whole microseconds.</summary>
    public static Guid ForEvent(DateTimeOffset at, Guid about)
    {
        Span<byte> bytes = stackalloc byte[16];
        about.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3f)); // the variant that every UUID of this kind has
        return WriteTime(at, bytes);
    }

    /// <summary>
    /// The place right before a time: what happened then or later comes after it. A time between two microseconds is
    /// rounded up.
    /// </summary>
    public static Guid BeforeTime(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        return WriteTime(at, bytes);
    }

    /// <summary>The place that is earlier by a time span.</summary>
    public static Guid MoveEarlier(Guid place, TimeSpan by) => BeforeTime(TimeOf(place) - by);

    /// <summary>The time of a place, in whole milliseconds.</summary>
    public static DateTimeOffset TimeOf(Guid place)
    {
        Span<byte> bytes = stackalloc byte[16];
        place.TryWriteBytes(bytes, bigEndian: true, out _);
        return DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16);
    }

    private static Guid WriteTime(DateTimeOffset at, Span<byte> bytes)
    {
        var ticks = Math.Max(0, (at - DateTimeOffset.UnixEpoch).Ticks + TimeSpan.TicksPerMicrosecond - 1);
        var (milliseconds, microseconds) = Math.DivRem(ticks / TimeSpan.TicksPerMicrosecond, 1_000);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (milliseconds << 16) | (UuidVersion << 12) | microseconds);
        return new(bytes, bigEndian: true);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Fleet.Simulator;

/// <summary>Random choices that a seed repeats in another process; GetHashCode differs between processes.</summary>
internal static class Dice
{
    private const ulong FnvOffset = 14695981039346656037, FnvPrime = 1099511628211;

    /// <summary>The random numbers of one checkout.</summary>
    public static Random FromId(int seed, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return FromBytes(seed, bytes);
    }

    /// <summary>The random numbers of one device, by its serial number.</summary>
    public static Random FromText(int seed, string text) => FromBytes(seed, Encoding.UTF8.GetBytes(text));

    private static Random FromBytes(int seed, ReadOnlySpan<byte> bytes)
    {
        Span<byte> start = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(start, seed);
        var hash = FoldHash(FoldHash(FnvOffset, start), bytes);
        return new Random((int)(hash ^ (hash >> 32)));
    }

    private static ulong FoldHash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes) hash = unchecked((hash ^ one) * FnvPrime);
        return hash;
    }

    /// <summary>Any number of a range.</summary>
    public static double Between(this Random dice, double from, double to) => from + (dice.NextDouble() * (to - from));
}

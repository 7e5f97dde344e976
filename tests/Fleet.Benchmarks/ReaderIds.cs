using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fleet.Core;

namespace Fleet.Benchmarks;

/// <summary>
/// The ids of the readers that are measured with. Both processes make the same ones, and they are spread over the
/// indexes like the random ids of real readers.
/// </summary>
internal static class ReaderIds
{
    /// <summary>Readers of one store, where there are stores.</summary>
    public const int PerStore = 10;

    /// <summary>The store of a reader, where there are stores.</summary>
    public static string StoreOf(int number) => $"store-{number / PerStore}";

    /// <summary>The first ids, as they stand in a request.</summary>
    public static byte[][] First(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Encoding.ASCII.GetBytes(Of(i)))];

    public static string Of(int number)
    {
        Span<byte> seed = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(seed, number);
        return string.Create(Ids.ReaderPrefix.Length + Ids.ReaderLetters, SHA256.HashData(seed), (id, random) =>
        {
            Ids.ReaderPrefix.CopyTo(id);
            for (var i = 0; i < Ids.ReaderLetters; i++)
                id[Ids.ReaderPrefix.Length + i] = Ids.Alphabet[random[i] % Ids.Alphabet.Length];
        });
    }
}

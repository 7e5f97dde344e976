using System.Text.Json;

namespace Fleet.Server.Api.Rest;

/// <summary>Whether an object of a body has a name twice, told without memory for it: nearly no body has.</summary>
internal static class JsonNames
{
    /// <summary>A body with more names, or deeper objects, is left to a slower check.</summary>
    private const int MaxNames = 64, MaxDepth = 8;

    /// <summary>Whether it is certain that no object has a name twice.</summary>
    /// <param name="utf8">Valid JSON.</param>
    /// <param name="how">How it is read.</param>
    public static bool AreUnique(ReadOnlySpan<byte> utf8, JsonReaderOptions how)
    {
        Span<(int Begin, int Length)> names = stackalloc (int, int)[MaxNames];
        Span<int> outer = stackalloc int[MaxDepth]; // how many names stand before those of the object
        var (count, depth) = (0, 0);
        var reader = new Utf8JsonReader(utf8, how);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject) count = outer[--depth];
            else if (reader.TokenType is JsonTokenType.StartObject)
            {
                if (depth == MaxDepth) return false;
                outer[depth++] = count;
            }
            else if (reader.TokenType is JsonTokenType.PropertyName)
            {
                if (reader.ValueIsEscaped || count == MaxNames) return false;
                var name = reader.ValueSpan;
                foreach (var (begin, length) in names[outer[depth - 1]..count])
                    if (utf8.Slice(begin, length).SequenceEqual(name)) return false;
                names[count++] = ((int)reader.TokenStartIndex + 1, name.Length); // after the quotation mark
            }
        }
        return true;
    }
}

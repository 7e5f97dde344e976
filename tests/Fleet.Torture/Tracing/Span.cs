using Google.Protobuf;

namespace Fleet.Torture.Tracing;

/// <summary>One step of a trace, as OTLP carries it.</summary>
/// <param name="Trace">The trace, hexadecimal.</param>
/// <param name="Id">The span.</param>
/// <param name="Parent">The span it is a part of; empty for the first.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Begun">Nanoseconds since 1970.</param>
/// <param name="Node">Which node sent it.</param>
/// <param name="Attributes">What is noted of it, texts and whole numbers.</param>
/// <param name="Links">Traces it is about without being a part of them.</param>
internal sealed record Span(
    string Trace, string Id, string Parent, string Name, ulong Begun, string Node,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> Links)
{
    /// <summary>The spans of an ExportTraceServiceRequest.</summary>
    public static IEnumerable<Span> Read(byte[] request) => Fields(request)
        .Where(field => field.Number == 1) // resource_spans
        .SelectMany(field =>
        {
            var parts = Fields(field.Bytes).ToList();
            var resource = parts.Where(part => part.Number == 1).SelectMany(part => Attributed(part.Bytes, 1))
                .ToDictionary();
            return parts.Where(part => part.Number == 2) // scope_spans
                .SelectMany(scope => Fields(scope.Bytes).Where(part => part.Number == 2))
                .Select(span => Of(span.Bytes, resource.GetValueOrDefault("service.instance.id", "")));
        });

    private static Span Of(byte[] bytes, string node)
    {
        var fields = Fields(bytes).ToLookup(field => field.Number);
        return new(Hex(1), Hex(2), Hex(4), fields[5].Single().Bytes.Text(), fields[7].Single().Value, node,
            Attributed(bytes, 9).ToDictionary(),
            [.. fields[13]
                .Select(link => Convert.ToHexStringLower(Fields(link.Bytes).First(part => part.Number == 1).Bytes))]);

        string Hex(int number) => Convert.ToHexStringLower(fields[number].FirstOrDefault().Bytes ?? []);
    }

    private static IEnumerable<KeyValuePair<string, string>> Attributed(byte[] bytes, int number)
    {
        foreach (var attribute in Fields(bytes).Where(field => field.Number == number))
        {
            var parts = Fields(attribute.Bytes).ToLookup(part => part.Number);
            var value = parts[2].SelectMany(part => Fields(part.Bytes)).FirstOrDefault();
            yield return new(parts[1].First().Bytes.Text(), value.Number == 1 ? value.Bytes.Text() : $"{value.Value}");
        }
    }

    /// <summary>The fields of a message, in protobuf's encoding.</summary>
    private static IEnumerable<Field> Fields(byte[] message)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is > 0 and var tag)
        {
            var number = WireFormat.GetTagFieldNumber(tag);
            yield return WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => new(number, input.ReadBytes().ToByteArray(), 0),
                WireFormat.WireType.Fixed64 => new(number, [], input.ReadFixed64()),
                WireFormat.WireType.Fixed32 => new(number, [], input.ReadFixed32()),
                _ => new(number, [], input.ReadUInt64()),
            };
        }
    }

    private readonly record struct Field(int Number, byte[] Bytes, ulong Value);
}

internal static class Texts
{
    public static string Text(this byte[] utf8) => System.Text.Encoding.UTF8.GetString(utf8);
}

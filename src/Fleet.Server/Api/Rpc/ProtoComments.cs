using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fleet.Server.Api.Rpc;

/// <summary>The comments of a method, a message or a field in our protos; generated code does not have them.</summary>
internal static class ProtoComments
{
    private const string Resource = "fleet.v1.pb";

    private static readonly Lazy<Dictionary<string, string>> All = new(ReadComments);

    /// <summary>The comment, on one line; null for none.</summary>
    public static string? FindComment(IDescriptor described) => All.Value.GetValueOrDefault(described.FullName);

    private static Dictionary<string, string> ReadComments()
    {
        using var resource = typeof(Protocol.Link).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded.");
        var files = FileDescriptorSet.Parser.ParseFrom(resource).File.Select(file => file.ToByteString());
        return FileDescriptor.BuildFromByteStrings(files).SelectMany(DescribedIn)
            .Select(described => (described.Name, Text: OneLine(described.At)))
            .Where(comment => comment.Text.Length > 0)
            .ToDictionary(comment => comment.Name, comment => comment.Text);
    }

    private static IEnumerable<(string Name, DescriptorDeclaration? At)> DescribedIn(FileDescriptor file) =>
    [
        .. file.Services.SelectMany(service => service.Methods)
            .Select(method => (method.FullName, (DescriptorDeclaration?)method.Declaration)),
        .. file.EnumTypes.Select(type => (type.FullName, (DescriptorDeclaration?)type.Declaration)),
        .. file.MessageTypes.SelectMany(DescribedIn),
    ];

    private static IEnumerable<(string Name, DescriptorDeclaration? At)> DescribedIn(MessageDescriptor message) =>
    [
        (message.FullName, message.Declaration),
        .. message.Fields.InDeclarationOrder()
            .Select(field => (field.FullName, (DescriptorDeclaration?)field.Declaration)),
        .. message.EnumTypes.Select(type => (type.FullName, (DescriptorDeclaration?)type.Declaration)),
        .. message.NestedTypes.SelectMany(DescribedIn),
    ];

    /// <summary>The comment above, or otherwise the comment behind.</summary>
    private static string OneLine(DescriptorDeclaration? at) => string.Join(' ',
        (at?.LeadingComments is { Length: > 0 } above ? above : at?.TrailingComments ?? "")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}

using Google.Protobuf.Reflection;

namespace Fleet.Server.Tests;

/// <summary>What clients of gRPC were compiled with: names, numbers and types of all that the protos declare.</summary>
internal static class RpcContract
{
    /// <summary>The protos, which are found by the classes that were made of them.</summary>
    public static IReadOnlyList<FileDescriptor> Files { get; } =
    [
        .. typeof(Protocol.Link).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", typeof(FileDescriptor))?.GetValue(null))
            .OfType<FileDescriptor>()
            .OrderBy(file => file.Name, StringComparer.Ordinal),
    ];

    /// <summary>All of it, readable.</summary>
    public static string Written() => string.Concat(Files.Select(file => string.Concat(
        $"file {file.Name}, package {file.Package}\n\n", Blocks(file.Services, ServiceLines),
        Blocks(file.MessageTypes.SelectMany(Nested), MessageLines),
        Blocks(file.EnumTypes.Concat(file.MessageTypes.SelectMany(Nested).SelectMany(type => type.EnumTypes)),
            EnumLines))));

    private static string Blocks<T>(IEnumerable<T> types, Func<T, IEnumerable<string>> lines) where T : IDescriptor =>
        string.Concat(types.OrderBy(type => type.FullName, StringComparer.Ordinal)
            .Select(type => string.Concat(lines(type).Select(line => $"{line}\n")) + "\n"));

    /// <summary>A message and those inside it, but for the entries of its maps.</summary>
    private static IEnumerable<MessageDescriptor> Nested(MessageDescriptor type) =>
        [type, .. type.NestedTypes.Where(inner => !inner.IsMapEntry).SelectMany(Nested)];

    private static IEnumerable<string> ServiceLines(ServiceDescriptor service) =>
    [
        $"service {service.FullName}",
        .. service.Methods.OrderBy(method => method.Name, StringComparer.Ordinal).Select(method =>
            $"  {method.Name}({Stream(method.IsClientStreaming)}{method.InputType.FullName})"
            + $" : {Stream(method.IsServerStreaming)}{method.OutputType.FullName}"),
    ];

    private static string Stream(bool streams) => streams ? "stream " : "";

    private static IEnumerable<string> MessageLines(MessageDescriptor type) =>
        [$"message {type.FullName}", .. type.Fields.InFieldNumberOrder().Select(field => $"  {Field(field)}")];

    private static string Field(FieldDescriptor field)
    {
        var label = field.IsMap || field.IsRepeated ? "repeated " : field.HasPresence ? "optional " : "";
        var choice = field.RealContainingOneof is { } one ? $", one of {one.Name}" : "";
        var json = field.JsonName == field.Name ? "" : $", {field.JsonName} in JSON";
        return $"{field.FieldNumber} {field.Name} : {label}{Type(field)}{choice}{json}";
    }

    private static string Type(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message when field.IsMap =>
            $"{Type(field.MessageType.FindFieldByNumber(1))} to {Type(field.MessageType.FindFieldByNumber(2))}",
        FieldType.Message or FieldType.Group => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        _ => $"{field.FieldType}".ToLowerInvariant(),
    };

    private static IEnumerable<string> EnumLines(EnumDescriptor type) =>
        [$"enum {type.FullName}",
            .. type.Values.OrderBy(one => one.Number).Select(one => $"  {one.Number} {one.Name}")];
}

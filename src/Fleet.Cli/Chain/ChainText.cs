using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fleet.Cli.Chain;

internal static class ChainText
{
    /// <summary>A value for people.</summary>
    public static string Show(object value) => value switch
    {
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IEnumerable<string> many => $"[{string.Join(", ", many.Order())}]",
        _ => $"{value}",
    };

    /// <summary>Whether a menu is locked, in the words of 'fleet settings'.</summary>
    public static string Show(bool? locked) => locked switch
    {
        true => "on",
        false => "off",
        null => "not set",
    };

    /// <summary>Reads and sets a field of a message by its name.</summary>
    public static IFieldAccessor Accessor(this IMessage message, string name) =>
        message.Descriptor.FindFieldByName(name).Accessor;
}

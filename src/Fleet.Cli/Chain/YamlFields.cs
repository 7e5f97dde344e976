using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fleet.Cli.Chain;

/// <summary>Reads fields of a YAML file, and collects what is wrong with them, by line.</summary>
internal abstract class YamlFields
{
    private readonly List<LineError> _errors = [];

    /// <summary>All that is wrong.</summary>
    protected IReadOnlyList<LineError> Errors => _errors;

    protected Dictionary<string, YamlNode> Fields(YamlNode node, string what, params string[] known)
    {
        var fields = new Dictionary<string, YamlNode>();
        if (node is not YamlMappingNode mapping)
        {
            AddError(LineOf(node), $"Here must be {what}, as fields with values.");
            return fields;
        }
        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!known.Contains(name))
                AddError(LineOf(key), $"{Capital(what)} has no field {name}; it has {string.Join(", ", known)}.");
            else fields[name] = value;
        }
        return fields;
    }

    protected IEnumerable<YamlNode> Items(Dictionary<string, YamlNode> fields, string name)
    {
        if (!fields.TryGetValue(name, out var node) || node is YamlScalarNode { Value: null or "" }) return [];
        if (node is YamlSequenceNode list) return list.Children;
        AddError(LineOf(node), $"{name} must be a list.");
        return [];
    }

    protected string? Text(Dictionary<string, YamlNode> fields, string name) =>
        fields.TryGetValue(name, out var node) ? TextOf(node, name) : null;

    protected string? TextOf(YamlNode node, string name)
    {
        if (node is YamlScalarNode scalar && !IsNoText(scalar)) return scalar.Value ?? "";
        AddError(LineOf(node), $"{name} must be a text; quote it if it is one, and \"\" is the empty one.");
        return null;
    }

    /// <summary>What YAML takes for nothing when it is not quoted.</summary>
    private static bool IsNoText(YamlScalarNode scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>A reason or a name, which a truth value is not.</summary>
    protected string? Words(Dictionary<string, YamlNode> fields, string name)
    {
        if (fields.TryGetValue(name, out var node)
            && node is YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" })
        {
            AddError(LineOf(node), $"{name} must be a text; quote it if it is one.");
            return null;
        }
        return Text(fields, name);
    }

    protected bool? Flag(Dictionary<string, YamlNode> fields, string name)
    {
        if (Text(fields, name) is not { } text) return null;
        if (text is "true" or "false") return text == "true";
        AddError(LineOf(fields[name]), $"{name} must be true or false.");
        return null;
    }

    protected long? Number(Dictionary<string, YamlNode> fields, string name)
    {
        if (Text(fields, name) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        AddError(LineOf(fields[name]), $"{name} must be a whole number.");
        return null;
    }

    protected void AddError(int line, string message) => _errors.Add(new(line, message));

    protected static ItemLines LinesOf(YamlNode node, Dictionary<string, YamlNode> fields) =>
        new(LineOf(node), fields.ToDictionary(field => field.Key, field => LineOf(field.Value)));

    protected static int LineOf(YamlNode node) => (int)node.Start.Line;

    private static string Capital(string what) => char.ToUpperInvariant(what[0]) + what[1..];
}

/// <summary>What is wrong with a line of a file.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Message">A sentence.</param>
internal sealed record LineError(int Line, string Message);

using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fleet.Server.Settings;

namespace Fleet.Server.Tests;

/// <summary>
/// <c>docs/settings.md</c> is made of the options' types: their names, defaults, rules and comments. Where the file
/// differs, the right one is left beside the tests' program.
/// </summary>
public sealed partial class SettingsReferenceTests
{
    private static readonly Dictionary<string, string> Comments = XDocument
        .Load(Path.ChangeExtension(typeof(FleetOptions).Assembly.Location, ".xml"))
        .Descendants("member")
        .ToDictionary(member => member.Attribute("name")?.Value ?? "", member => Text(member.Element("summary")));

    [Fact]
    public async Task The_reference_of_settings_is_what_the_options_say()
    {
        var made = Path.Combine(AppContext.BaseDirectory, "settings.md");
        await File.WriteAllTextAsync(made, Written(), TestContext.Current.CancellationToken);

        Assert.Equal(await File.ReadAllTextAsync(Kept(), TestContext.Current.CancellationToken), Written());
    }

    private static string Kept([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here) ?? "", "..", "..", "..", "docs", "settings.md");

    private static string Written() => $"""
        # Settings

        All settings there are, made of the program's own types by `SettingsReferenceTests`: do not edit. How they are
        given, and what goes with what, is in [configuration.md](configuration.md). As an environment variable a setting
        has `__` for each `:`, and `:0`, `:1` … count the items of a list: `Fleet__Merchants__0__Code`.

        | setting | type | default | meaning |
        |---|---|---|---|
        {string.Join('\n', Rows(typeof(FleetOptions), new FleetOptions(), "Fleet"))}

        """.ReplaceLineEndings("\n");

    private static IEnumerable<string> Rows(Type type, object defaults, string section) =>
        Settable(type).SelectMany(property =>
    {
        var (name, value) = ($"{section}:{property.Name}", property.GetValue(defaults));
        if (ItemOf(property) is { } item && IsOurs(item))
            return Rows(item, Activator.CreateInstance(item) ?? throw new InvalidOperationException(item.Name),
                $"{name}:0");
        return value is not null && IsOurs(value.GetType()) && !value.GetType().IsEnum
            ? Rows(value.GetType(), value, name)
            : [$"| `{name}` | {Kind(property)} | {Default(value)} | "
                + $"{Comments[$"P:{type.FullName}.{property.Name}"]} |"];
    });

    private static IEnumerable<PropertyInfo> Settable(Type type) => type.GetProperties()
        .Where(property => property.GetSetMethod() is not null || ItemOf(property) is not null
            || IsOurs(property.PropertyType))
        .OrderBy(property => property.MetadataToken);

    private static bool IsOurs(Type type) => type.Assembly == typeof(FleetOptions).Assembly;

    private static Type? ItemOf(PropertyInfo property) =>
        property.PropertyType is { IsGenericType: true } list
            && typeof(IList).IsAssignableFrom(list) ? list.GetGenericArguments()[0] : null;

    private static string Kind(PropertyInfo property)
    {
        var type = ItemOf(property) ?? Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var word = type.IsEnum ? string.Join(", ", Enum.GetNames(type).Select(name => $"`{name.ToLowerInvariant()}`"))
            : type == typeof(bool) ? "true or false"
            : type != typeof(string) ? "number"
            : property.GetCustomAttribute<UrlAttribute>() is null ? "text" : "address";
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
            word = string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}");
        return ItemOf(property) is null ? word : $"list: {word}";
    }

    private static string Default(object? value) => value switch
    {
        null or "" or IList { Count: 0 } => "none",
        bool flag => flag ? "`true`" : "`false`",
        IList list => string.Join(", ", list.Cast<object>().Select(Default)),
        Enum word => $"`{word.ToString().ToLowerInvariant()}`",
        _ => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };

    /// <summary>A comment in one line, without the default, which has a column of its own.</summary>
    private static string Text(XElement? summary)
    {
        if (summary is null) return "";
        var words = string.Concat(summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")?.Value.Split('.')[^1]}`",
            _ => node.ToString(SaveOptions.DisableFormatting),
        }));
        return DefaultSentence().Replace(Spaces().Replace(words, " "), "")
            .Replace("|", "\\|", StringComparison.Ordinal).Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@" ?Default (none|true|false|-?[\d.,]+|`[^`]*`)\.(?= |$)")]
    private static partial Regex DefaultSentence();
}

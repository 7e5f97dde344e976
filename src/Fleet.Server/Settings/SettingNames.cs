using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Fleet.Core;

namespace Fleet.Server.Settings;

/// <summary>
/// The names of all settings, with <c>0</c> for the place in a list: to find a misspelt one and what was meant.
/// </summary>
internal static class SettingNames
{
    private const string Root = "Fleet", Prefix = "Fleet_";

    private static readonly Dictionary<string, Type> Types = new(ListAll(typeof(FleetOptions), Root));

    /// <summary>All names, for example <c>Fleet:Merchants:0:Code</c>.</summary>
    public static IReadOnlyCollection<string> All => Types.Keys;

    /// <summary>Checks that each given setting exists and that its text fits its type.</summary>
    /// <exception cref="ValidationException">One does not; the message says what was meant.</exception>
    public static void Check(IConfigurationSection section)
    {
        foreach (var (path, value) in section.AsEnumerable().OrderBy(one => one.Key, StringComparer.Ordinal))
        {
            if (value is null) continue; // a section
            if (All.FirstOrDefault(name => IsSame(name, path)) is not { } known)
            {
                if (value.Length == 0) continue; // an empty list
                throw new ValidationException($"There is no setting {path}{Suggest(path)}. See docs/settings.md.");
            }
            if (RuleOf(Types[known], value) is { } rule)
                throw new ValidationException($"{path} must be {rule}, not {(value.Length == 0 ? "empty" : value)}.");
        }
    }

    /// <summary>Checks that no environment variable looks like a setting and is read as none.</summary>
    /// <exception cref="ValidationException">One does; the message says what was meant.</exception>
    public static void CheckEnvironment(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || name.StartsWith("Fleet__",
                StringComparison.OrdinalIgnoreCase)) continue;
            var typed = name.Replace("_", "", StringComparison.Ordinal);
            var meant = All.FirstOrDefault(known =>
                typed.Equals(known.Replace(":", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
            // the command line and scripts have names in capitals of their own
            if (meant is null && name.StartsWith(Prefix, StringComparison.Ordinal))
                meant = NearestName.Find(name.Replace("_", ":", StringComparison.Ordinal), All) ?? $"{Root}:Name";
            if (meant is not null)
                throw new ValidationException($"The environment variable {name} is not a setting; did you mean "
                    + $"{meant.Replace(":", "__", StringComparison.Ordinal)}?");
        }
    }

    private static string Suggest(string path) =>
        NearestName.Find(path, All) is { } near ? $"; the nearest is {near}" : "";

    /// <summary>Whether a name is that of a setting; any word may stand for a place in a list.</summary>
    private static bool IsSame(string name, string path)
    {
        var (known, given) = (name.Split(':'), path.Split(':'));
        return known.Length == given.Length && known.Zip(given).All(pair =>
            pair.First == "0" || pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What a text must be for a type, when it is not; null when it is.</summary>
    private static string? RuleOf(Type type, string value)
    {
        if (type.IsEnum)
        {
            var words = Enum.GetNames(type).Select(word => word.ToLowerInvariant()).ToArray();
            return words.Contains(value, StringComparer.OrdinalIgnoreCase)
                ? null : $"one of {string.Join(", ", words)}";
        }
        if (type == typeof(bool)) return bool.TryParse(value, out _) ? null : "true or false";
        if (type == typeof(string)) return null;
        if (type == typeof(double))
            return double.TryParse(value, CultureInfo.InvariantCulture, out _) ? null : "a number";
        var fits = type == typeof(long)
            ? long.TryParse(value, CultureInfo.InvariantCulture, out _)
            : int.TryParse(value, CultureInfo.InvariantCulture, out _);
        return fits ? null : "a whole number";
    }

    private static IEnumerable<KeyValuePair<string, Type>> ListAll(Type type, string path)
    {
        foreach (var property in type.GetProperties())
        {
            var isList = typeof(IList).IsAssignableFrom(property.PropertyType);
            var inner = isList ? property.PropertyType.GetGenericArguments()[0] : property.PropertyType;
            inner = Nullable.GetUnderlyingType(inner) ?? inner;
            var name = $"{path}:{property.Name}{(isList ? ":0" : "")}";
            if (inner.Assembly == type.Assembly && !inner.IsEnum)
                foreach (var one in ListAll(inner, name)) yield return one;
            else if (isList || property.SetMethod is not null) yield return new(name, inner);
        }
    }
}

using System.Reflection;
using Fleet.Server.Settings;
using Microsoft.Extensions.Configuration;

namespace Fleet.Deploy.Tests;

/// <summary>Settings as environment variables, as manifests and containers have them.</summary>
internal static class Settings
{
    /// <summary>Of the web server and of telemetry.</summary>
    private static readonly string[] Others = ["URLS", "ASPNETCORE_HTTP_PORTS", "OTEL_EXPORTER_OTLP_ENDPOINT"];

    /// <summary>Variables that no setting reads: a misspelt one would silently have no effect.</summary>
    public static IEnumerable<string> Unknown(IEnumerable<string> variables) =>
        variables.Where(variable => !Others.Contains(variable) && !LeadsToSetting(variable));

    /// <summary>Reads them as a node does, which refuses what is wrong.</summary>
    public static FleetOptions Read(IReadOnlyDictionary<string, string> variables) =>
        FleetOptions.FromConfiguration(new ConfigurationBuilder()
            .AddInMemoryCollection(
                variables.Select(one => KeyValuePair.Create(one.Key.Replace("__", ":"), (string?)one.Value)))
            .Build());

    /// <summary>The settings of a file like merchants.env, with something sensible in each gap.</summary>
    public static IReadOnlyDictionary<string, string> FillIn(string path, IReadOnlyDictionary<string, string> gaps) =>
        File.ReadLines(Path.Combine(Repo.Root, path))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1] is ['<', ..] ? gaps[pair[1]] : pair[1]);

    private static bool LeadsToSetting(string variable)
    {
        var names = variable.Split("__");
        if (names[0] != "Fleet") return false;
        var type = typeof(FleetOptions);
        foreach (var name in names[1..])
        {
            var next = type.IsGenericType && int.TryParse(name, out _)
                ? type.GenericTypeArguments[0]
                : type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance)?.PropertyType;
            if (next is null) return false;
            type = next;
        }
        return type == typeof(string) || type.IsValueType;
    }
}

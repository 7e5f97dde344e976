using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Benchmarks.Layers;

/// <summary>The figures as a file, with all that is needed to judge them later.</summary>
internal static class LayersFile
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task Write(string path, Settings settings, IEnumerable<Layer> layers)
    {
        var file = new JsonObject
        {
            ["command"] = Command(path, settings),
            ["commit"] = await ReadCommit(),
            ["date"] = TimeProvider.System.GetUtcNow().ToString("O"),
            ["machine"] = new JsonObject { ["cores"] = Environment.ProcessorCount, ["cpu"] = await ReadCpu() },
            ["note"] = settings.Note,
            ["unit"] = "microseconds per operation",
            ["layers"] = new JsonArray([.. layers.Select(Describe)]),
        };
        await File.WriteAllTextAsync(path, file.ToJsonString(Indented) + "\n");
    }

    private static string Command(string path, Settings settings) =>
        $"dotnet run -c Release --project tests/Fleet.Benchmarks -- layers --rounds {settings.Rounds}"
        + $" --readers {settings.Readers} --out {path}" + (settings.Note is { } note ? $" --note \"{note}\"" : "");

    private static JsonObject Describe(Layer layer) => new()
    {
        ["name"] = layer.Name,
        ["what"] = layer.What,
        ["operations_per_round"] = layer.Operations,
        ["median"] = Math.Round(layer.Spread.Median, 3),
        ["min"] = Math.Round(layer.Spread.Min, 3),
        ["max"] = Math.Round(layer.Spread.Max, 3),
    };

    /// <summary>The commit that is checked out here; null outside a clone, or without git.</summary>
    private static async Task<string?> ReadCommit()
    {
        using var git = Process.Start(new ProcessStartInfo("sh", ["-c", "git rev-parse HEAD 2>/dev/null"])
        { RedirectStandardOutput = true });
        var told = git is null ? "" : await git.StandardOutput.ReadToEndAsync();
        return told.Length > 0 ? told.Trim() : null;
    }

    private static async Task<string?> ReadCpu() =>
        (await File.ReadAllLinesAsync("/proc/cpuinfo"))
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
}

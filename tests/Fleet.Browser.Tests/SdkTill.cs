using System.Diagnostics;
using System.Text.Json;

namespace Fleet.Browser.Tests;

/// <summary>The same till, as a program that uses SumUp's SDK: <c>tests/sdk/till.mjs</c>.</summary>
internal static class SdkTill
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs one of its verbs, and returns what it printed.</summary>
    public static async Task<JsonElement> Run(Uri address, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", ["till.mjs", .. arguments])
        {
            WorkingDirectory = Path.Combine(Repo.Root, "tests/sdk"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in new[] { ("FLEET", $"{address}"), ("KEY", Till.Key), ("MERCHANT", Till.Merchant) })
            start.Environment[name] = value;
        using var patience = new CancellationTokenSource(Patience);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        var (printed, complaints) = (process.StandardOutput.ReadToEndAsync(patience.Token),
            process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, await complaints);
        return JsonElement.Parse(await printed);
    }
}

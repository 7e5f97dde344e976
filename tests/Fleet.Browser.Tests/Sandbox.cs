using System.Diagnostics;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Playwright;
using Xunit.Sdk;
using Xunit.v3;

[assembly: AssemblyFixture(typeof(Fleet.Browser.Tests.Sandbox))]
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = Fleet.Browser.Tests.Alone.OthersAtOnce)]

namespace Fleet.Browser.Tests;

/// <summary>Tests that measure, or keep the machine busy: they come when all others are over.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";

    /// <summary>The others mostly wait: for people, as the page plays them.</summary>
    public const int OthersAtOnce = 3;
}

/// <summary>A node in a process of its own, as a newcomer starts it, and a browser; both for all tests.</summary>
public sealed class Sandbox : IAsyncLifetime
{
    /// <summary>What a test waits for on a page.</summary>
    private const float Patience = 10_000;

    private static readonly IConfiguration Settings =
        new ConfigurationBuilder().AddEnvironmentVariables("FLEET_TEST_").Build();

    /// <summary>The program beside the tests, of the same configuration.</summary>
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Fleet.Server",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Fleet.Server.dll");

    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-browser-").FullName;
    private Process? _node;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The folder for pictures of all screens and pages, FLEET_TEST_PICTURES; null for no pictures.</summary>
    public static string? Pictures => Settings["PICTURES"];

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Next()}");

    /// <summary>Where operators see the console.</summary>
    public Uri Operations { get; } = new($"http://127.0.0.1:{Ports.Next()}");

    public Till Till => new(Address);

    public IBrowser Browser => _browser ?? throw new InvalidOperationException("The browser is not running.");

    public async ValueTask InitializeAsync()
    {
        _node = StartNode();
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Settings["CHROMIUM"] ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"],
        });
        await Eventually.Equal(true, () => Till.IsReady());
    }

    /// <summary>Another window, with a storage of its own.</summary>
    /// <param name="network">The network between it and the node; null for the direct way.</param>
    /// <param name="width">CSS pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    public async Task<Window> OpenWindow(
        Network? network = null, int width = 1280, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await Browser.NewContextAsync(new()
        {
            Locale = "en-GB",
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        context.SetDefaultTimeout(Patience);
        return new(context, network?.Address ?? Address);
    }

    /// <summary>A window in which somebody is signed in to the console.</summary>
    /// <param name="width">CSS pixels.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="script">Whether the browser runs scripts.</param>
    public async Task<(Window Window, IPage Page)> OpenConsole(
        int width = 1280, ColorScheme scheme = ColorScheme.Light, bool script = true)
    {
        var context = await Browser.NewContextAsync(new()
        {
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = script,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        context.SetDefaultTimeout(Patience);
        var window = new Window(context, Operations);
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(Operations, "/console").ToString());
        await page.GetByLabel("API key").FillAsync(Till.Key);
        await page.GetByLabel("Your name").FillAsync("Anna Schmidt");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Stores");
        return (window, page);
    }

    /// <summary>
    /// Stores how a reader of the default store was before: some payments, an hour offline, and two hours in which no
    /// node ran.
    /// </summary>
    public async Task AddDay(string readerId)
    {
        const int Gap = 12, AfterGap = 16;
        await using var ledger = new SqliteConnection($"Data Source={Path.Combine(_folder, "data", "ledger.db")}");
        await ledger.OpenAsync(TestContext.Current.CancellationToken);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 1_800;
        for (var i = 1; i < 48; i++)
        {
            if (i is > Gap and <= AfterGap) continue;
            var presence = i is 7 or 8 ? "offline" : i % 5 == 0 ? "busy" : "free";
            var battery = i < AfterGap ? 30 + (4 * i) : 98 - i;
            await using var insert = ledger.CreateCommand();
            insert.CommandText = """
                INSERT INTO board_sample (merchant_code, store, at, readers)
                VALUES ($merchant, 'default', $at, $readers)
                ON CONFLICT DO UPDATE SET readers = json_patch(readers, excluded.readers)
                """;
            insert.Parameters.AddWithValue("$merchant", Till.Merchant);
            insert.Parameters.AddWithValue("$at", (now - i) * 1_800_000_000);
            insert.Parameters.AddWithValue("$readers",
                JsonSerializer.Serialize(new Dictionary<string, object> { [readerId] = new { presence, battery } }));
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_node is not null)
        {
            _node.Kill();
            await _node.WaitForExitAsync(CancellationToken.None);
            _node.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private Process StartNode()
    {
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c", """out=$1; shift; exec "$@" >"$out" 2>&1 """, "sh", Path.Combine(_folder, "out"),
                "dotnet", Program, $"--urls={Address}", "--grpc-url=http://127.0.0.1:0",
                $"--operations-url={Operations}", $"--silo-port={Ports.Next()}",
                $"--data={Path.Combine(_folder, "data")}", "--sandbox-readers=false", "--Fleet:RequestsPerSecond=0",
            },
        };
        return Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
    }
}

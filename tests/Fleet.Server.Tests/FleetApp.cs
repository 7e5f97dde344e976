using System.Net;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Fleet.Server.Hosting;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenTelemetry.Metrics;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.TestingHost;

namespace Fleet.Server.Tests;

/// <summary>
/// A whole node in this process, on real sockets and real files (or, with FLEET_TEST_STORAGE=postgres, on PostgreSQL),
/// with a clock that the test moves. Tests use the public interfaces: HTTP for tills, WebSocket for devices.
/// </summary>
public sealed class FleetApp : IAsyncLifetime
{
    public const string Merchant = "MTILL001", Key = "till-key", ReadOnlyKey = "read-only-key";
    public const string OtherMerchant = "MOTHER01", OtherKey = "other-key";
    public const string ChainKey = "chain-key";
    public const string LiveMerchant = "MLIVE001", LiveKey = "live-key", LiveAffiliateKey = "afk-live";

    private readonly string[] _settings;
    private readonly bool _ownsFolder;
    private bool _onPostgres = TestPostgres.IsStorage;
    private Action<WebApplicationBuilder>? _change;
    private WebApplication? _app;
    private static int _serial;

    /// <summary>Grains of which a node remembers where they are, and label values of a metric.</summary>
    private const int SmallCache = 1_000, SmallMetric = 200;

    /// <summary>How long the stop of a silo that did not start may take.</summary>
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(10);

    /// <summary>Looks, one each 10 ms, at a node that stops before the clock goes on.</summary>
    private const int LooksBefore = 100;

    public FleetApp() : this(null) { }

    private FleetApp(string? folder, params string[] settings)
    {
        _settings = settings;
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("fleet-test-").FullName;
    }

    /// <summary>A node of a test's own.</summary>
    /// <param name="folder">The data of an earlier node to start on; null for none.</param>
    /// <param name="settings">More of the command line, for example <c>--strict-sixty-seconds=true</c>.</param>
    public static async Task<FleetApp> Start(string? folder = null, params string[] settings)
    {
        var app = new FleetApp(folder, settings);
        await app.InitializeAsync();
        return app;
    }

    /// <summary>The same, with something replaced.</summary>
    public static async Task<FleetApp> StartWith(Action<WebApplicationBuilder>? change, params string[] settings)
    {
        var app = new FleetApp(null, settings) { _change = change };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>A node in which something is replaced.</summary>
    public static Task<FleetApp> Start(Action<WebApplicationBuilder> change) => Start(null, change);

    /// <summary>The same, on the data of an earlier one.</summary>
    public static async Task<FleetApp> Start(
        string? folder, Action<WebApplicationBuilder> change, params string[] settings)
    {
        var app = new FleetApp(folder, settings) { _change = change };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>The first node of a cluster, on PostgreSQL.</summary>
    public static Task<FleetApp> StartCluster(params string[] settings) => StartCluster(null, settings);

    /// <summary>The same, with something replaced.</summary>
    public static async Task<FleetApp> StartCluster(Action<WebApplicationBuilder>? change, params string[] settings)
    {
        var app = new FleetApp(null, settings) { _onPostgres = true, _change = change };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>Another node of this one's cluster, with the same clock.</summary>
    public Task<FleetApp> StartAnother(params string[] settings) => StartAnother(null, settings);

    /// <summary>The same, with something replaced.</summary>
    public async Task<FleetApp> StartAnother(Action<WebApplicationBuilder>? change, params string[] settings)
    {
        var app = new FleetApp(Folder, settings) { _onPostgres = true, Clock = Clock, _change = change };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>A node on the data and with the clock of this one, which was stopped.</summary>
    public async Task<FleetApp> StartAgain()
    {
        var app = new FleetApp(Folder, _settings) { _onPostgres = _onPostgres, Clock = Clock };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>The clock of the node's rules, grains and timers. It stands still until a test moves it.</summary>
    public FakeTimeProvider Clock { get; private init; } = new(new DateTimeOffset(2026, 3, 1, 9, 0, 0, TimeSpan.Zero));

    public string Folder { get; }

    public bool IsOnPostgres => _onPostgres;

    /// <summary>The folder's name, which is also its database's.</summary>
    private string Name => Path.GetFileName(Folder);

    /// <summary>The connection string of the node's database on PostgreSQL.</summary>
    public Task<string> Database() => TestPostgres.Database(Name);

    public Uri Address { get; private set; } = new("http://unset");

    public Uri GrpcAddress { get; private set; } = new("http://unset");

    /// <summary>Where the node reports its health.</summary>
    public Uri OperationsAddress { get; private set; } = new("http://unset");

    public Uri LinkAddress => new UriBuilder(Address) { Scheme = "ws", Path = Link.Path }.Uri;

    /// <summary>The till of <see cref="Merchant"/>.</summary>
    public Till Till => TillOf(Merchant, Key);

    public IServiceProvider Services => Running.Services;

    private WebApplication Running => _app ?? throw new InvalidOperationException("The node is not running.");

    public Till TillOf(string merchant, string? key) => new(Address, merchant, key);

    public async ValueTask InitializeAsync()
    {
        string[] storage = _onPostgres ? ["--storage=postgres", $"--postgres={await Database()}"] : [];
        var all = Settings.Concat(storage).Concat(_settings) // of a setting that is given twice the last one
            .GroupBy(setting => setting.Split('=')[0]).Select(same => same.Last());
        _app = FleetNode.Build([.. all], builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(Clock);
            builder.Services.AddSingleton(TextWriter.Null); // what a node says of itself, many times
            builder.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            KeepSmall(builder.Services);
            _change?.Invoke(builder);
        });
        try
        {
            await _app.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            var failed = _app;
            _app = null;
            await Record.ExceptionAsync(() => failed.StopAsync(CancellationToken.None)); // not all of it was started
            var silo = failed.Services.GetRequiredService<ISiloLifecycleSubject>();
            // So that another one can start on the same folder. Orleans can wait for ever for the end of its silo.
            await Record.ExceptionAsync(() => failed.DisposeAsync().AsTask().WaitAsync(StopWithin));
            await StopSilo(silo);
            throw;
        }
        Address = new Uri(_app.Urls.First());
        GrpcAddress = new Uri(_app.Urls.ElementAt(1));
        OperationsAddress = new Uri(_app.Urls.Last());
    }

    /// <summary>
    /// Less memory for what a node keeps for 100,000 readers, 36 MB each: Orleans collects all garbage of the process
    /// each time that a silo starts, which was a third of the processor time of these tests.
    /// </summary>
    private static void KeepSmall(IServiceCollection services)
    {
        services.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = SmallCache);
        services.ConfigureOpenTelemetryMeterProvider(metrics =>
#pragma warning disable CS0618 // a view would make each instrument twice, because the node has a view already
            metrics.SetMaxMetricPointsPerMetricStream(SmallMetric));
#pragma warning restore CS0618
    }

    /// <summary>
    /// Orleans does not stop a silo that did not start, and its loops that read the members would go round without a
    /// pause for as long as this process runs.
    /// </summary>
    private static async Task StopSilo(ISiloLifecycleSubject silo)
    {
        using var patience = new CancellationTokenSource(StopWithin);
        await Record.ExceptionAsync(() => silo.OnStop(patience.Token).WaitAsync(patience.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await StopWhileTimePasses();
        if (!_ownsFolder) return;
        Directory.Delete(Folder, recursive: true);
        if (_onPostgres) await TestPostgres.Drop(Name);
    }

    public async Task Stop()
    {
        if (_app is not { } app) return;
        _app = null;
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    /// <summary>
    /// Stops the node. If that takes long, the clock goes on: a call to SumUp's cloud may wait by the test's clock, and
    /// the node waits for the call.
    /// </summary>
    private async Task StopWhileTimePasses()
    {
        var stopping = Stop();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var looks = 0; !stopping.IsCompleted; looks++)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            if (looks > LooksBefore) Pass(1);
        }
        await stopping;
    }

    /// <summary>Moves the clock.</summary>
    public void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>A device that is connected and shows a pairing code.</summary>
    public Task<TestDevice> Device(string? serial = null, string model = "virtual-solo") =>
        TestDevice.Connect(LinkAddress, serial ?? $"TEST-{Interlocked.Increment(ref _serial):000000}", model);

    /// <summary>The same, at an address that the proxy in front of the node tells.</summary>
    public Task<TestDevice> DeviceFrom(string address) => TestDevice.Connect(
        LinkAddress, $"TEST-{Interlocked.Increment(ref _serial):000000}", from: address);

    /// <summary>A device that is paired with <see cref="Merchant"/>, or a till's, connected and idle.</summary>
    public async Task<TestDevice> PairedDevice(string name = "Lane", Till? till = null, string? serial = null)
    {
        var device = await Device(serial);
        await Pair(device, till, name);
        return device;
    }

    /// <summary>A device that is paired like that and has a menu lock, which is off.</summary>
    public async Task<TestDevice> LockableDevice(string firmware = "3.3.44.0", Till? till = null)
    {
        var device = await Device();
        (device.Firmware, device.MenuLock) = (firmware, new(false));
        await Pair(device, till);
        return device;
    }

    /// <summary>Pairs a device that has not said hello yet.</summary>
    public async Task Pair(TestDevice device, Till? till = null, string name = "Lane")
    {
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        using var answer = await (till ?? Till).Post("readers", new { pairing_code = code.Code, name });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ConfirmPairing();
    }

    /// <summary>
    /// Makes the silo forget a reader's activation, as it does with one that had no calls for a while.
    /// </summary>
    public Task Forget(string readerId) => Services.GetRequiredService<IGrainFactory>()
        .GetGrain<IReaderGrain>(readerId).Cast<IGrainManagementExtension>().DeactivateOnIdle().AsTask();

    /// <summary>The same for a store of <see cref="Merchant"/>: its board and queue are gone.</summary>
    public Task ForgetStore(string store) => Store(store).Cast<IGrainManagementExtension>().DeactivateOnIdle().AsTask();

    /// <summary>A store of <see cref="Merchant"/>, as its readers see it.</summary>
    internal IStoreGrain Store(string store) =>
        Services.GetRequiredService<IGrainFactory>().GetGrain<IStoreGrain>(StoreKey.ForStore(Merchant, store));

    private IEnumerable<string> Settings =>
    [
        "--urls=http://127.0.0.1:0", "--grpc-url=http://127.0.0.1:0", "--operations-url=http://127.0.0.1:0",
        $"--data={Folder}", $"--silo-port={Ports.Next()}", "--sandbox=false",
        "--Fleet:PingSeconds=3600", "--Fleet:RequestsPerSecond=0", "--Logging:LogLevel:Default=Error",
        $"--Fleet:Keys:0:Sha256={RandomIds.HashSecret(ChainKey)}", "--Fleet:Keys:0:Name=head office",
        $"--Fleet:Merchants:0:Code={Merchant}", "--Fleet:Merchants:0:Sandbox=true",
        $"--Fleet:Merchants:0:Keys:0:Sha256={RandomIds.HashSecret(Key)}",
        $"--Fleet:Merchants:0:Keys:1:Sha256={RandomIds.HashSecret(ReadOnlyKey)}",
        "--Fleet:Merchants:0:Keys:1:Scopes:0=readers.read",
        $"--Fleet:Merchants:1:Code={OtherMerchant}", "--Fleet:Merchants:1:Sandbox=true",
        $"--Fleet:Merchants:1:Keys:0:Sha256={RandomIds.HashSecret(OtherKey)}",
        $"--Fleet:Merchants:2:Code={LiveMerchant}", $"--Fleet:Merchants:2:AffiliateKeys:0={LiveAffiliateKey}",
        $"--Fleet:Merchants:2:Keys:0:Sha256={RandomIds.HashSecret(LiveKey)}",
    ];
}

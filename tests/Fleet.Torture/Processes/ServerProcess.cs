using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fleet.Protocol;

namespace Fleet.Torture.Processes;

/// <summary>
/// A server in a process of its own, on its own folder and ports, that can be killed and started again.
/// </summary>
/// <param name="name">Of its files in the folder.</param>
/// <param name="folder">Where its data and what it prints go.</param>
/// <param name="settings">More of its command line.</param>
internal sealed class ServerProcess(string name, string folder, params IReadOnlyList<string> settings)
    : IAsyncDisposable
{
    public const string Merchant = "MTILL001";

    public const string Key = "till-key";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60), EndsWithin = TimeSpan.FromSeconds(60);

    /// <summary>The program beside the tests, of the same configuration.</summary>
    public static readonly string Beside = Path.Combine(AppContext.BaseDirectory, "../../Fleet.Server",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Fleet.Server.dll");

    private readonly int _port = Ports.Next(), _siloPort = Ports.Next(), _operationsPort = Ports.Next();
    private Process? _process;
    private bool _ownsFolder;

    public string Folder => folder;

    public string Name => name;

    /// <summary>Its name in the ledger.</summary>
    public string LedgerName => $"{Environment.MachineName}:{_siloPort}";

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>What the next start runs: the program beside this one, or that of another version.</summary>
    public string Program { get; set; } = Beside;

    /// <summary>More of its command line, from its next start on.</summary>
    public IReadOnlyList<string> More { get; set; } = [];

    /// <summary>
    /// The file of the certificates that it trusts from its next start on; null for those of the machine.
    /// </summary>
    public string? Trusted { get; set; }

    /// <summary>A command that runs it, for example as another user; none by default.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>Variables of its environment, beside those of this process.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>The clock of its machine, which a test sets; null for the real one.</summary>
    public MachineClock? Clock { get; init; }

    /// <summary>Where it says how it is.</summary>
    public Uri Operations => new($"http://127.0.0.1:{_operationsPort}");

    public Uri LinkAddress => new($"ws://127.0.0.1:{_port}{Link.Path}");

    public Till Till => new(Address, Merchant, Key);

    public int ProcessId => Running.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The memory that it uses now.</summary>
    public long Megabytes
    {
        get
        {
            Running.Refresh();
            return Running.WorkingSet64 >> 20;
        }
    }

    /// <summary>What it has written to standard output and standard error.</summary>
    public string Output => File.ReadAllText(LogFile("out"));

    public string Errors => File.ReadAllText(LogFile("err"));

    /// <summary>One node in a folder of its own, on SQLite unless the settings say otherwise.</summary>
    public static Task<ServerProcess> Started(params IReadOnlyList<string> settings) => StartedWith(Beside, settings);

    /// <summary>The same with the program of another version.</summary>
    public static async Task<ServerProcess> StartedWith(string program, params IReadOnlyList<string> settings)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var server = new ServerProcess("node", folder, [$"--data={folder}/data", .. settings])
        {
            _ownsFolder = true, Program = program,
        };
        await server.Start();
        return server;
    }

    /// <summary>Starts the process and waits until it answers.</summary>
    public async Task Start()
    {
        Launch();
        await Answers();
    }

    /// <summary>Starts the process.</summary>
    public void Launch()
    {
        // The shell becomes the server: its output goes to files even if this process is killed, and the process is its
        // own.
        string[] usual =
        [
            $"--urls={Address}", "--grpc-url=http://127.0.0.1:0", $"--operations-url={Operations}",
            $"--silo-port={_siloPort}", "--sandbox=false",
            "--Fleet:RequestsPerSecond=0",
            $"--Fleet:Merchants:0:Code={Merchant}", "--Fleet:Merchants:0:Sandbox=true",
            $"--Fleet:Merchants:0:Keys:0:Sha256="
            + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
            "--Logging:LogLevel:Default=Warning", "--Logging:Console:FormatterName=simple",
            "--Logging:Console:FormatterOptions:TimestampFormat=HH:mm:ss.fff ",
        ];
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c", """out=$1 err=$2; shift 2; exec "$@" >>"$out" 2>>"$err" """, "sh", LogFile("out"), LogFile("err"),
            },
        };
        string[] program = [.. Through, "dotnet", Program];
        var all = usual.Concat(settings).Concat(More) // of an option that is given twice the last one
            .GroupBy(word => word.Split('=')[0]).Select(same => same.Last());
        foreach (var word in program.Concat(all)) start.ArgumentList.Add(word);
        foreach (var (variable, value) in Variables) start.Environment[variable] = value;
        Clock?.Put(start.Environment);
        if (Trusted is { } trusted) start.Environment["SSL_CERT_FILE"] = trusted;
        _process?.Dispose();
        _process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public async Task Kill()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    /// <summary>Freezes the process: what is sent to it now waits in its sockets.</summary>
    public Task Freeze() => Signals.Stop(Running.Id);

    /// <summary>Ends a freeze: the process goes on as if no time had passed.</summary>
    public void Thaw() => Signals.Continue(Running.Id);

    /// <summary>SIGTERM, as from a service manager.</summary>
    public void Terminate() => Signals.Terminate(Running.Id);

    /// <summary>Waits until the process ends by itself, and returns its exit code.</summary>
    public async Task<int> Ended()
    {
        var process = Running;
        using var patience = new CancellationTokenSource(EndsWithin);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>Waits until it has written a text so many times, and returns all that it has written.</summary>
    public async Task<string> Shows(string text, int times = 1)
    {
        using var patience = new CancellationTokenSource(StartsWithin);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (Output.Split(text).Length <= times) await look.WaitForNextTickAsync(patience.Token);
        return Output;
    }

    /// <summary>Waits until the process answers.</summary>
    public async Task Answers()
    {
        using var patience = new CancellationTokenSource(StartsWithin);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var answer = await Till.Get("readers");
                if (answer.StatusCode is HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                if (Running.HasExited) Assert.Fail($"{name} ended instead of starting: {Errors}");
            }
            await look.WaitForNextTickAsync(patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        if (_ownsFolder) Directory.Delete(folder, recursive: true);
    }

    private Process Running => _process ?? throw new InvalidOperationException($"{name} was not started, or killed.");

    private string LogFile(string kind) => Path.Combine(folder, $"{name}.{kind}");
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fleet.Protocol;

namespace Fleet.Torture;

/// <summary>A server in a process of its own, on its own folder and ports, that can be killed and started again.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    public const string Merchant = "MTILL001";

    private const string Key = "till-key";
    private const int StopSignal = 19;

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    /// <summary>The program beside this one, of the same configuration.</summary>
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "../../Fleet.Server",
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Fleet.Server.dll");

    private readonly int _port = FreePort(), _siloPort = FreePort();
    private Process? _process;

    public string Folder { get; } = Directory.CreateTempSubdirectory("fleet-torture-").FullName;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    public Uri LinkAddress => new($"ws://127.0.0.1:{_port}{Link.Path}");

    public Till Till => new(Address, Merchant, Key);

    public static async Task<ServerProcess> Started()
    {
        var server = new ServerProcess();
        await server.Start();
        return server;
    }

    /// <summary>Starts the process and waits until it answers.</summary>
    public async Task Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Program,
                $"--urls={Address}", $"--data={Folder}/data", $"--silo-port={_siloPort}", "--sandbox=false",
                $"--Fleet:Merchants:0:Code={Merchant}", "--Fleet:Merchants:0:Sandbox=true",
                $"--Fleet:Merchants:0:Keys:0:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}",
                "--Logging:LogLevel:Default=Error",
            },
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        await Answers();
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
    public void Freeze()
    {
        if (_process is { } process) Assert.Equal(0, Signal(process.Id, StopSignal));
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task Answers()
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
                Assert.False(_process?.HasExited, "The server ended instead of starting.");
            }
            await look.WaitForNextTickAsync(patience.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}

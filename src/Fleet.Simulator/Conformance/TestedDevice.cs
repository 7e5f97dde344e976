using System.Diagnostics;

namespace Fleet.Simulator.Conformance;

/// <summary>The device under test, as far as its power goes.</summary>
internal interface ITestedDevice : IAsyncDisposable
{
    /// <summary>Whether it can be killed at a moment that is chosen to the millisecond.</summary>
    bool IsProcess { get; }

    /// <summary>Completes when it ends without being asked to.</summary>
    Task Ended { get; }

    /// <summary>The folder of its journal, if that is known.</summary>
    string? Folder { get; }

    /// <summary>The last lines that it printed.</summary>
    IReadOnlyList<string> Printed { get; }

    /// <summary>Switches it on, if it is off.</summary>
    void Start(Uri server);

    /// <summary>Takes its power away, without a warning.</summary>
    Task Kill();
}

/// <summary>A device that is a process of this machine.</summary>
/// <param name="command">
/// Starts it, as a line of the shell; <c>{server}</c>, <c>{serial}</c> and <c>{journal}</c> are replaced.
/// </param>
/// <param name="serial">The serial number that it is to have.</param>
/// <param name="folder">The folder for its journal. It exists.</param>
internal sealed class ProcessDevice(string command, string serial, string folder) : ITestedDevice
{
    private const int KeptLines = 10;

    private readonly Lock _lock = new();
    private readonly Queue<string> _printed = [];
    private Process? _process;

    public bool IsProcess => true;

    public Task Ended { get; private set; } = Task.CompletedTask;

    public string Folder => folder;

    public IReadOnlyList<string> Printed
    {
        get
        {
            lock (_lock) return [.. _printed];
        }
    }

    public void Start(Uri server)
    {
        if (_process is not null) return;
        var line = command.Replace("{server}", server.ToString(), StringComparison.Ordinal)
            .Replace("{serial}", serial, StringComparison.Ordinal)
            .Replace("{journal}", folder, StringComparison.Ordinal);
        string[] shell = OperatingSystem.IsWindows() ? ["cmd", "/c"] : ["/bin/sh", "-c"];
        var process = new Process
        {
            StartInfo = new(shell[0], [shell[1], line])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, line) => KeepLine(line.Data);
        process.ErrorDataReceived += (_, line) => KeepLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Ended = process.WaitForExitAsync();
        _process = process;
    }

    public async Task Kill()
    {
        if (_process is not { } process) return;
        _process = null;
        process.Kill(entireProcessTree: true);
        await Ended;
        process.Dispose();
    }

    public async ValueTask DisposeAsync() => await Kill();

    private void KeepLine(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_lock)
        {
            if (_printed.Count == KeptLines) _printed.Dequeue();
            _printed.Enqueue(line);
        }
    }
}

/// <summary>A device that a person has in hand, and is told what to do with.</summary>
/// <param name="tell">Shows a sentence to that person.</param>
internal sealed class HeldDevice(Action<string> tell) : ITestedDevice
{
    private bool _asked;

    public bool IsProcess => false;

    public Task Ended { get; } = new TaskCompletionSource().Task;

    public string? Folder => null;

    public IReadOnlyList<string> Printed => [];

    public void Start(Uri server)
    {
        if (!_asked) tell($"Start the device; it must dial {server}.");
        _asked = true;
    }

    public Task Kill()
    {
        tell("Switch the device off now, and on again.");
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

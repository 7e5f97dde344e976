using System.Diagnostics;
using Fleet.Torture.Processes;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>
/// A pod of a template, as a process of this machine with a loopback address of its own: with its variables, its
/// command, its name, its probes, and its end. What listens on all of a pod's addresses listens on that one.
/// </summary>
internal sealed class Pod : IAsyncDisposable
{
    /// <summary>
    /// How late the machines of a cluster notice that a pod stops. Until then they send it new connections.
    /// </summary>
    private static readonly TimeSpan HeardWithin = TimeSpan.FromSeconds(2);

    private readonly V1PodSpec _spec;
    private readonly V1Container _container;
    private readonly Process _process;
    private readonly Kubelet _kubelet;
    private readonly string _log;
    private volatile bool _isLeaving, _isForgotten;

    private Pod(string name, V1PodSpec spec, string address, string log, Process process)
    {
        (Name, _spec, Address, _log, _process) = (name, spec, address, log, process);
        _container = Assert.Single(spec.Containers);
        _kubelet = new(_container, address);
    }

    public string Name { get; }

    public string Address { get; }

    /// <summary>Whether a Service passes new connections to it.</summary>
    public bool IsEndpoint => _kubelet.IsReady && !_isForgotten;

    /// <summary>What it has printed.</summary>
    public string Log => File.ReadAllText(_log);

    /// <summary>Starts the process; <see cref="Ready"/> tells when it may be used.</summary>
    public static async Task<Pod> Started(string name, V1PodSpec spec, string address, Cluster cluster, string folder)
    {
        var log = Path.Combine(folder, $"{name}.log");
        var start = new ProcessStartInfo("sh") { WorkingDirectory = BuiltProgram.Folder };
        // A node's name is its machine's: each pod is a machine with a name of its own, if that may be had here.
        var named = await Shell.Can("unshare", "--uts", "true")
            ? """exec unshare --uts sh -c 'hostname "$0"; exec "$@"' "$name" "$@" """
            : """exec "$@" """;
        string[] shell = ["-c", $"exec >>\"$1\" 2>&1; name=$2; shift 2; {named}", "sh", log, name];
        foreach (var word in shell) start.ArgumentList.Add(word);
        foreach (var word in spec.Containers[0].Command ?? [.. Dockerfile.Ours.EntryPoint])
            start.ArgumentList.Add(word);
        foreach (var word in spec.Containers[0].Args ?? []) start.ArgumentList.Add(word);
        foreach (var (variable, value) in cluster.Environment(spec.Containers[0], name, address))
            start.Environment[variable] = value.Replace("//0.0.0.0:", $"//{address}:", StringComparison.Ordinal);
        var process = Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
        return new(name, spec, address, log, process);
    }

    /// <summary>Waits until its probes say that it may be used.</summary>
    public async Task Ready()
    {
        var ready = await _kubelet.Ready(() => _process.HasExited);
        Assert.True(ready, $"{Name} did not become ready: {Log}");
    }

    /// <summary>
    /// Deletes it, as an upgrade does: all machines are told to forget it, and meanwhile come preStop,
    /// SIGTERM, and when the grace period is over, SIGKILL.
    /// </summary>
    public async Task<Ending> Delete()
    {
        _isLeaving = true;
        var since = Stopwatch.StartNew();
        var forgotten = Forget();
        if (_container.Lifecycle?.PreStop?.Sleep is { } sleep) await Passing.Of(TimeSpan.FromSeconds(sleep.Seconds));
        await _kubelet.StopAsking();
        Signals.Terminate(_process.Id);
        var grace = TimeSpan.FromSeconds(_spec.TerminationGracePeriodSeconds ?? 30) - since.Elapsed;
        using var patience = new CancellationTokenSource(grace);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await forgotten;
        var ending = new Ending(Name, _process.HasExited ? _process.ExitCode : null, since.Elapsed, _kubelet.Restarts);
        await End();
        return ending;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isLeaving) await End();
    }

    private async Task Forget()
    {
        await Passing.Of(HeardWithin);
        _isForgotten = true;
    }

    private async Task End()
    {
        _isForgotten = true;
        await _kubelet.StopAsking();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}

/// <summary>How a pod ended: by itself, or (null) because its time was over.</summary>
internal sealed record Ending(string Pod, int? ExitCode, TimeSpan Took, int Restarts);

internal static class Passing
{
    /// <summary>Waits while everything else goes on.</summary>
    public static async Task Of(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
    }
}

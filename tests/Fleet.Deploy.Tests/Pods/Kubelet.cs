using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>
/// Runs the three probes of a pod: start-up until it answers, then readiness and liveness, each with its own period.
/// </summary>
internal sealed class Kubelet(V1Container container, string address) : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    private readonly CancellationTokenSource _over = new();
    private Task _asking = Task.CompletedTask;
    private volatile bool _isReady;
    private int _restarts;

    public bool IsReady => _isReady;

    /// <summary>How often it would have been restarted, because it did not answer.</summary>
    public int Restarts => _restarts;

    /// <summary>
    /// Waits until it is ready, and goes on asking. False when it ended, or did not start in its time.
    /// </summary>
    public async Task<bool> Ready(Func<bool> ended)
    {
        var misses = 0;
        while (!await Answers(container.StartupProbe))
        {
            if (ended() || ++misses == container.StartupProbe.FailureThreshold) return false;
            await Passing.Of(Period(container.StartupProbe));
        }
        _asking = Task.WhenAll(AskIfReady(), AskIfAlive());
        await Eventually.Equal(true, () => Task.FromResult(_isReady || ended()));
        return _isReady;
    }

    public async Task StopAsking()
    {
        if (_over.IsCancellationRequested) return;
        await _over.CancelAsync();
        await _asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
    }

    public void Dispose() => _over.Dispose();

    private Task AskIfReady() => Ask(container.ReadinessProbe, (fine, misses) =>
        _isReady = fine || (_isReady && misses < container.ReadinessProbe.FailureThreshold));

    private Task AskIfAlive() => Ask(container.LivenessProbe, (_, misses) =>
    {
        if (misses == container.LivenessProbe.FailureThreshold) _restarts++;
    });

    private async Task Ask(V1Probe probe, Action<bool, int> hear)
    {
        using var timer = new PeriodicTimer(Period(probe));
        var misses = 0;
        do
        {
            var fine = await Answers(probe);
            hear(fine, misses = fine ? 0 : misses + 1);
        }
        while (await timer.WaitForNextTickAsync(_over.Token));
    }

    private async Task<bool> Answers(V1Probe probe)
    {
        var port = container.Ports.Single(one => one.Name == probe.HttpGet.Port).ContainerPort;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(probe.TimeoutSeconds ?? 1));
        try
        {
            using var answer = await Http.GetAsync($"http://{address}:{port}{probe.HttpGet.Path}", limit.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static TimeSpan Period(V1Probe probe) => TimeSpan.FromSeconds(probe.PeriodSeconds ?? 10);
}

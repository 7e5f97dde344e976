using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>
/// The pods of a Deployment, replaced by its strategy when no pod may be missing and one may be too many: a new pod
/// starts, and when it is ready an old one is deleted and the next new one starts. Pods that stop do not count.
/// </summary>
internal sealed class Deployment : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly V1Deployment _spec;
    private readonly string _folder;
    private readonly List<Pod> _pods = [];
    private readonly Lock _lock = new();
    private int _made;

    private Deployment(V1Deployment spec, Cluster cluster, string folder) =>
        (_spec, _cluster, _folder) = (spec, cluster, folder);

    /// <summary>Those that a Service passes connections to.</summary>
    public IReadOnlyList<Pod> Endpoints
    {
        get
        {
            lock (_lock) return [.. _pods.Where(pod => pod.IsEndpoint)];
        }
    }

    /// <summary>Starts all pods at the same time, and waits until they are ready.</summary>
    public static async Task<Deployment> Started(V1Deployment spec, Cluster cluster, string folder)
    {
        var deployment = new Deployment(spec, cluster, folder);
        try
        {
            for (var i = 0; i < spec.Spec.Replicas; i++) await deployment.Start();
            await Task.WhenAll(deployment._pods.Select(pod => pod.Ready()));
            return deployment;
        }
        catch
        {
            await deployment.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replaces each pod, and waits until the last old one is gone.</summary>
    public async Task<IReadOnlyList<Ending>> Restart()
    {
        var strategy = _spec.Spec.Strategy.RollingUpdate;
        Assert.Equal("0 missing, 1 too many", $"{strategy.MaxUnavailable} missing, {strategy.MaxSurge} too many");
        var leaving = new List<Task<Ending>>();
        foreach (var old in _pods.ToArray())
        {
            var next = await Start();
            await next.Ready();
            leaving.Add(old.Delete());
        }
        return await Task.WhenAll(leaving);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods) await pod.DisposeAsync();
    }

    private async Task<Pod> Start()
    {
        var number = ++_made;
        var pod = await Pod.Started(
            $"{_spec.Metadata.Name}-{number}", _spec.Spec.Template.Spec, $"127.0.1.{number}", _cluster, _folder);
        lock (_lock) _pods.Add(pod);
        return pod;
    }
}

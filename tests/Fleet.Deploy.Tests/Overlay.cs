using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>
/// An overlay of k8s/ as kubectl renders it, each object in the type of Kubernetes' own client. A member that the type
/// does not have is an exception.
/// </summary>
internal sealed class Overlay
{
    /// <summary>Kinds that are not built into Kubernetes.</summary>
    private static readonly Dictionary<string, Type> Learned = new()
    {
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["monitoring.coreos.com/v1/PrometheusRule"] = typeof(PrometheusRule),
    };

    private static readonly ConcurrentDictionary<string, Task<string>> Renderings = new();

    private Overlay(IReadOnlyList<object> objects) => Objects = objects;

    /// <summary>All there are.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetDirectories(Path.Combine(Repo.Root, "k8s/overlays"))
            .Select(folder => Path.GetFileName(folder)).Order()];

    public IReadOnlyList<object> Objects { get; }

    public V1Deployment Deployment => One<V1Deployment>();

    public V1PodSpec Pod => Deployment.Spec.Template.Spec;

    public V1Container Container => Assert.Single(Pod.Containers);

    public static async Task<Overlay> Rendered(string name) => Read(await Yaml(name));

    public static Task<string> Yaml(string name) =>
        Renderings.GetOrAdd(name, _ => Shell.Run("kubectl", "kustomize", $"k8s/overlays/{name}"));

    public static Overlay Read(string yaml) => new(KubernetesYaml.LoadAllFromString(yaml, Learned, strict: true));

    public T One<T>() => Assert.Single(All<T>());

    public IReadOnlyList<T> All<T>() => [.. Objects.OfType<T>()];
}

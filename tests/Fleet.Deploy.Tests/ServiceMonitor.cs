using k8s;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>What Prometheus' operator makes of its kind, as far as Fleet uses it.</summary>
public sealed class ServiceMonitor : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public ServiceMonitorSpec Spec { get; set; } = new();
}

/// <summary>Which services, and how.</summary>
public sealed class ServiceMonitorSpec
{
    public string JobLabel { get; set; } = "";

    public V1LabelSelector Selector { get; set; } = new();

    public int SampleLimit { get; set; }

    public List<ServiceMonitorEndpoint> Endpoints { get; set; } = [];
}

/// <summary>What is fetched from each of them.</summary>
public sealed class ServiceMonitorEndpoint
{
    public string Port { get; set; } = "";

    public string Path { get; set; } = "";

    public string Interval { get; set; } = "";

    public string ScrapeTimeout { get; set; } = "";
}

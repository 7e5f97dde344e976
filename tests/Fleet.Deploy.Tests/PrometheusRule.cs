using k8s;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>What Prometheus' operator makes of its kind of rules, as far as Fleet uses it.</summary>
public sealed class PrometheusRule : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public PrometheusRuleSpec Spec { get; set; } = new();
}

/// <summary>The groups of rules.</summary>
public sealed class PrometheusRuleSpec
{
    public List<RuleGroup> Groups { get; set; } = [];
}

/// <summary>Rules that are computed one after the other.</summary>
public sealed class RuleGroup
{
    public string Name { get; set; } = "";

    public List<PrometheusRuleItem> Rules { get; set; } = [];
}

/// <summary>A rule: an alert, or a record.</summary>
public sealed class PrometheusRuleItem
{
    public string Alert { get; set; } = "";

    public string Record { get; set; } = "";

    public string Expr { get; set; } = "";

    public string For { get; set; } = "";

    public Dictionary<string, string> Labels { get; set; } = [];

    public Dictionary<string, string> Annotations { get; set; } = [];
}

using Fleet.Server.Settings;
using YamlDotNet.Core;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>Compares k8s/ with Kubernetes' own types and with the program.</summary>
public sealed class ManifestTests
{
    /// <summary>What a node that drains may take, by itself.</summary>
    private const int DrainSeconds = 30;

    /// <summary>
    /// The longest time in which a node joins after all others were lost at once: about 20 s, and twice that to be
    /// safe.
    /// </summary>
    private const int JoinSeconds = 120;

    private static readonly string[] Served = ["/health/live", "/health/ready", "/metrics"];

    public static TheoryData<string> Overlays => [.. Overlay.Names];

    [Fact]
    public void There_is_an_overlay_for_one_three_and_many_nodes() =>
        Assert.Equal(["many", "one", "three"], Overlay.Names);

    [Theory, MemberData(nameof(Overlays))]
    public async Task Every_word_of_an_overlay_is_one_that_Kubernetes_knows(string name)
    {
        var overlay = await Overlay.Rendered(name);

        Assert.Single(overlay.All<V1Namespace>());
        Assert.Equal(3, overlay.All<V1Service>().Count);
        Assert.InRange(overlay.All<V1NetworkPolicy>().Count, 8, 10);
        Assert.Empty(overlay.All<V1Secret>());
    }

    [Fact]
    public async Task A_misspelt_word_would_be_found()
    {
        var yaml = await Overlay.Yaml("three");

        Assert.ThrowsAny<YamlException>(() => Overlay.Read(yaml.Replace("periodSeconds", "periodSecond")));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Every_setting_of_an_overlay_is_one_of_Fleet_and_right(string name)
    {
        var overlay = await Overlay.Rendered(name);
        var variables = Cluster.Example().Environment(overlay.Container, "fleet-1", "10.0.0.1");

        Assert.Empty(Settings.Unknown(variables.Keys));
        var read = Settings.Read(variables);
        Assert.Equal(name == "one" ? StorageKind.Sqlite : StorageKind.Postgres, read.Storage);
        Assert.Equal("10.0.0.1", read.SiloAddress);
        Assert.False(read.Sandbox);
        Assert.Single(read.Merchants);
        Assert.DoesNotContain(
            new Uri(read.AdminUrl ?? "").Port, overlay.Container.Ports.Select(port => port.ContainerPort));
    }

    [Fact]
    public void A_misspelt_setting_would_be_found() => Assert.Equal(
        ["Fleet__SiloAdress", "Fleet__Merchants__x__Code", "Fleet__Webhooks", "FLEET_PORT"],
        Settings.Unknown(
            ["Fleet__SiloAdress", "Fleet__SiloAddress", "Fleet__Merchants__x__Code",
                "Fleet__Merchants__0__Keys__1__Sha256",
             "Fleet__Webhooks", "Fleet__Webhooks__RetrySeconds__0", "FLEET_PORT"]));

    [Theory, MemberData(nameof(Overlays))]
    public async Task The_ports_are_those_the_image_listens_on(string name)
    {
        var overlay = await Overlay.Rendered(name);
        var ports = overlay.Container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort);
        var options = Settings.Read(Cluster.Example().Environment(overlay.Container, "fleet-1", "10.0.0.1"));

        Assert.Equal(Dockerfile.Ours.Ports, ports.Values);
        Assert.Equal(new Uri(Dockerfile.Ours.Environment["URLS"]).Port, ports["public"]);
        Assert.Equal(new Uri(options.GrpcUrl).Port, ports["grpc"]);
        Assert.Equal(new Uri(options.OperationsUrl).Port, ports["operations"]);
        Assert.Equal(options.SiloPort, ports["silo"]);
        Assert.All(overlay.All<V1Service>().SelectMany(service => service.Spec.Ports),
            port => Assert.Equal(ports[port.TargetPort], port.Port));
        Assert.All(overlay.All<V1NetworkPolicy>().SelectMany(policy => policy.Spec.Ingress ?? [])
            .SelectMany(rule => rule.Ports),
            port => Assert.Contains(int.Parse(port.Port), ports.Values));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Probes_ask_for_health_where_operations_ask_and_wait_long_enough(string name)
    {
        var container = (await Overlay.Rendered(name)).Container;
        var (startup, ready, live) = (container.StartupProbe, container.ReadinessProbe, container.LivenessProbe);

        Assert.All([startup, ready, live], probe => Assert.Equal("operations", probe.HttpGet.Port));
        Assert.Equal(["/health/live", "/health/ready", "/health/live"],
            new[] { startup, ready, live }.Select(probe => probe.HttpGet.Path));
        Assert.True(startup.PeriodSeconds * startup.FailureThreshold >= JoinSeconds);
        Assert.True(live.PeriodSeconds * live.FailureThreshold >= 60); // longer than the other nodes need to exclude it
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task A_drain_fits_into_the_time_before_a_pod_is_killed(string name)
    {
        var overlay = await Overlay.Rendered(name);

        Assert.True(overlay.Container.Lifecycle.PreStop.Sleep.Seconds
            + DrainSeconds < overlay.Pod.TerminationGracePeriodSeconds);
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Every_selector_finds_what_it_is_meant_for(string name)
    {
        var overlay = await Overlay.Rendered(name);
        var labels = overlay.Deployment.Spec.Template.Metadata.Labels;
        IEnumerable<IDictionary<string, string>> selectors =
        [
            overlay.Deployment.Spec.Selector.MatchLabels,
            .. overlay.All<V1Service>().Select(service => service.Spec.Selector),
            .. overlay.All<V1PodDisruptionBudget>().Select(budget => budget.Spec.Selector.MatchLabels),
            .. overlay.All<V1NetworkPolicy>().Select(policy => policy.Spec.PodSelector.MatchLabels),
            .. (overlay.Pod.TopologySpreadConstraints ?? []).Select(spread => spread.LabelSelector.MatchLabels),
        ];

        Assert.All(selectors, selector => Assert.True(Finds(selector, labels)));
        Assert.All(overlay.All<V2HorizontalPodAutoscaler>().Select(scale => scale.Spec.ScaleTargetRef),
            target => Assert.Equal(("apps/v1", "Deployment", overlay.Deployment.Metadata.Name),
                (target.ApiVersion, target.Kind, target.Name)));
        Assert.Equal(overlay.One<V1ServiceAccount>().Metadata.Name, overlay.Pod.ServiceAccountName);
        Assert.Equal(overlay.All<V1PersistentVolumeClaim>().Select(claim => claim.Metadata.Name),
            (overlay.Pod.Volumes ?? []).Select(volume => volume.PersistentVolumeClaim.ClaimName));
        var home = overlay.One<V1Namespace>().Metadata.Name;
        Assert.All(overlay.Objects.OfType<k8s.IKubernetesObject<V1ObjectMeta>>().Where(one => one is not V1Namespace),
            one => Assert.Equal(home, one.Metadata.NamespaceProperty));
    }

    [Fact]
    public async Task Prometheus_is_told_of_one_service_and_a_port_it_has()
    {
        var overlay = await Overlay.Rendered("many");
        var monitor = overlay.One<ServiceMonitor>().Spec;
        var service = Assert.Single(
            overlay.All<V1Service>(), one => Finds(monitor.Selector.MatchLabels, one.Metadata.Labels));
        var endpoint = Assert.Single(monitor.Endpoints);

        Assert.Contains(endpoint.Port, service.Spec.Ports.Select(port => port.Name));
        Assert.Contains(endpoint.Path, Served);
        Assert.Equal("fleet", service.Metadata.Labels[monitor.JobLabel]); // the job that rules and dashboards ask for
    }

    /// <summary>After a change run <c>deploy/prometheus/to-kubernetes.sh >k8s/monitoring/rules.yaml</c>.</summary>
    [Fact]
    public async Task Prometheus_is_given_the_same_rules_as_without_Kubernetes()
    {
        var given = await File.ReadAllTextAsync(
            Path.Combine(Repo.Root, "k8s/monitoring/rules.yaml"), TestContext.Current.CancellationToken);

        Assert.Equal(await Shell.Run("bash", "deploy/prometheus/to-kubernetes.sh"), given);
        var alerts = (await Overlay.Rendered("many")).One<PrometheusRule>().Spec.Groups
            .SelectMany(group => group.Rules).Where(rule => rule.Alert.Length > 0).ToArray();
        Assert.Contains(alerts, alert => alert is { Alert: "FleetDatabaseDown", Expr: "max(fleet_storage_up) < 1" });
        Assert.All(alerts, alert => Assert.NotEmpty(alert.Annotations["summary"]));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task A_pod_can_do_nothing_but_its_work(string name)
    {
        var overlay = await Overlay.Rendered(name);
        var (pod, container) = (overlay.Pod, overlay.Container);

        Assert.False(pod.AutomountServiceAccountToken);
        Assert.False(pod.EnableServiceLinks);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal(Dockerfile.AppUser, pod.SecurityContext.RunAsUser);
        Assert.Equal("$APP_UID", Dockerfile.Ours.User);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order());
        // a node without CPU answers probes too late, and is excluded
        Assert.Equal(["memory"], container.Resources.Limits.Keys);
        Assert.Equal("restricted", overlay.One<V1Namespace>().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Everything_that_is_not_allowed_is_forbidden(string name)
    {
        var policies = (await Overlay.Rendered(name)).All<V1NetworkPolicy>()
            .ToDictionary(policy => policy.Metadata.Name, policy => policy.Spec);

        Assert.Equal(["Ingress", "Egress"], policies["nothing-else"].PolicyTypes);
        Assert.Null(policies["nothing-else"].Ingress);
        Assert.Null(policies["nothing-else"].Egress);
        Assert.All(policies["silo"].Ingress,
            rule => Assert.All(rule.FromProperty, peer => Assert.NotNull(peer.PodSelector)));
        Assert.All(policies["operations"].Ingress, rule => Assert.NotEmpty(rule.FromProperty));
        Assert.All(policies["readiness"].Ingress,
            rule => Assert.All(rule.FromProperty, peer => Assert.NotEmpty(peer.NamespaceSelector.MatchLabels)));
        Assert.Equal(name != "one", policies.ContainsKey("database"));
        Assert.Equal(name == "many", policies.ContainsKey("telemetry"));
    }

    [Fact]
    public async Task A_node_with_its_own_disk_is_stopped_before_the_next_one_starts()
    {
        var overlay = await Overlay.Rendered("one");

        Assert.Equal((1, "Recreate"), (overlay.Deployment.Spec.Replicas, overlay.Deployment.Spec.Strategy.Type));
        Assert.Equal(Dockerfile.Ours.Environment["Fleet__Data"],
            Assert.Single(overlay.Container.VolumeMounts).MountPath);
        Assert.Equal(["ReadWriteOncePod"], overlay.One<V1PersistentVolumeClaim>().Spec.AccessModes);
        Assert.Empty(overlay.All<V1PodDisruptionBudget>()); // with one, its machine could not be drained
    }

    [Theory, InlineData("three"), InlineData("many")]
    public async Task Nodes_with_a_database_are_replaced_one_by_one_and_live_apart(string name)
    {
        var overlay = await Overlay.Rendered(name);
        var strategy = overlay.Deployment.Spec.Strategy.RollingUpdate;

        Assert.Equal(["0", "1"], new[] { strategy.MaxUnavailable, strategy.MaxSurge }.Select(number => $"{number}"));
        Assert.Equal("1", $"{overlay.One<V1PodDisruptionBudget>().Spec.MaxUnavailable}");
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
            overlay.Pod.TopologySpreadConstraints.Select(spread => spread.TopologyKey));
        // with an autoscaler, replicas must not be set
        Assert.Equal(name == "three" ? 3 : null, overlay.Deployment.Spec.Replicas);
        Assert.Equal(name == "many" ? 1 : 0, overlay.All<V2HorizontalPodAutoscaler>().Count);
        Assert.Null(overlay.Container.VolumeMounts);
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Every_image_has_a_version(string name)
    {
        var overlay = await Overlay.Rendered(name);

        Assert.All(Dockerfile.Ours.Bases.Append(overlay.Container.Image), Images.HasVersion);
    }

    [Fact]
    public void No_secret_is_in_the_tree()
    {
        var words = new[] { "Password=", "sup_sk_", "whsec_", "PRIVATE KEY" };
        var files = Repo.Files("k8s", ".yaml").Concat(Repo.Files("k8s", ".env")).ToArray();

        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var lines = File.ReadLines(Path.Combine(Repo.Root, file))
                .Where(line => !line.Contains("=<", StringComparison.Ordinal));
            Assert.All(
                lines, line => Assert.DoesNotContain(words, word => line.Contains(word, StringComparison.Ordinal)));
        }
    }

    private static bool Finds(IDictionary<string, string> selector, IDictionary<string, string> labels) =>
        selector.Count > 0 && selector.All(labels.Contains);
}

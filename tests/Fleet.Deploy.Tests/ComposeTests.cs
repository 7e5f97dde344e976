using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Fleet.Deploy.Tests;

/// <summary>docker-compose.yml, as far as it can be seen without Docker.</summary>
public sealed partial class ComposeTests
{
    private static readonly Dictionary<string, Service> Services = Read();

    private static IEnumerable<Service> Nodes =>
        Services.Where(one => one.Key.StartsWith("node", StringComparison.Ordinal))
        .Select(one => one.Value);

    [Fact]
    public void Every_setting_of_its_nodes_is_one_of_Fleet_and_right()
    {
        Assert.Equal(3, Nodes.Count());
        Assert.All(Nodes, node =>
        {
            Assert.Empty(Settings.Unknown(node.Environment.Keys));
            var variables = node.Environment.ToDictionary(one => one.Key, one => WithDefaults(one.Value));
            Assert.Equal(node.Hostname, Settings.Read(variables).SiloAddress);
        });
    }

    [Fact]
    public void Its_key_is_the_one_its_readers_have()
    {
        var key = Services["readers"].Command.Select(WithDefaults)
            .Single(word => word.StartsWith("--key=", StringComparison.Ordinal))[6..];
        var known = WithDefaults(Services["node1"].Environment["Fleet__Merchants__0__Keys__0__Sha256"]);

        Assert.Equal(known, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }

    [Fact]
    public void Nobody_reaches_it_from_elsewhere() =>
        Assert.All(Services.Values.SelectMany(one => one.Ports), port => Assert.StartsWith("127.0.0.1:", port));

    [Fact]
    public void Every_file_it_mounts_is_there() =>
        Assert.All(Services.Values.SelectMany(one => one.Volumes).Where(volume => volume[0] == '.'),
            volume => Assert.True(Path.Exists(Path.Combine(Repo.Root, volume.Split(':')[0])), volume));

    [Fact]
    public void Every_image_has_a_version() => Assert.All(Services.Values, one => Images.HasVersion(one.Image));

    [Fact]
    public void Every_service_has_a_limit_of_memory_and_processes_and_none_of_its_processor() =>
        Assert.All(Services.Values, one => Assert.Equal(["memory", "pids"], one.Limits.Keys.Order()));

    [Fact]
    public void Whoever_is_waited_for_says_how_it_is()
    {
        foreach (var service in Services.Values)
        {
            if (service.DependsOn is not IDictionary<object, object> conditions) continue;
            Assert.All(conditions.Keys, other => Assert.NotNull(Services[$"{other}"].Healthcheck));
        }
    }

    [Fact]
    public void The_proxy_knows_each_node_by_its_ports()
    {
        var proxy = File.ReadAllText(Path.Combine(Repo.Root, "deploy/haproxy.cfg"));
        var expected = Nodes.SelectMany(
            node => new[] { 8080, 8080, 8081, 8082 }.Select(port => $"{node.Hostname}:{port}"));

        Assert.Equal(expected.Order(), ProxiedTo().Matches(proxy).Select(match => match.Groups[1].Value).Order());
        Assert.Equal(3, Regex.Count(proxy, "check port 9090 "));
    }

    [Fact]
    public void Only_the_proxy_is_believed_when_it_says_who_called_and_it_passes_no_such_word_of_a_caller()
    {
        var proxy = File.ReadAllText(Path.Combine(Repo.Root, "deploy/haproxy.cfg"));

        Assert.All(Nodes, node => Assert.Equal(
            Services["proxy"].Address, node.Environment["Fleet__TrustedProxies__0"]));
        foreach (var line in (string[])
            [
                "del-header X-Forwarded-For", "del-header X-Forwarded-Host", "del-header X-Forwarded-Prefix",
                "set-header X-Forwarded-Proto ",
            ])
            Assert.Equal(3, Regex.Count(proxy, $"^  http-request {line}", RegexOptions.Multiline));
        Assert.Contains("\n  option forwardfor\n", proxy, StringComparison.Ordinal);
    }

    [Fact]
    public void What_each_container_prints_is_kept_within_a_limit() => Assert.All(
        Services, one => Assert.Equal(["max-file", "max-size"], one.Value.Logging?.Options.Keys.Order()));

    [Fact]
    public void Neither_tills_nor_services_reach_the_administration() => Assert.All(Nodes, node =>
    {
        var variables = node.Environment.ToDictionary(one => one.Key, one => WithDefaults(one.Value));
        Assert.Equal(8082, new Uri(Settings.Read(variables).AdminUrl ?? "").Port);
    });

    [Fact]
    public void The_readers_are_in_the_image_of_the_nodes()
    {
        var program = Services["readers"].Entrypoint[1];

        Assert.True(File.Exists(Path.Combine(BuiltProgram.Folder, program)), program);
        Assert.True(
            File.Exists(Path.Combine(BuiltProgram.Folder, Path.ChangeExtension(program, "runtimeconfig.json"))));
    }

    /// <summary>The value of <c>${NAME:-default}</c> when NAME is not set.</summary>
    private static string WithDefaults(string value) => Variable().Replace(value, "$1");

    private static Dictionary<string, Service> Read()
    {
        using var text = new StreamReader(Path.Combine(Repo.Root, "docker-compose.yml"));
        var yaml = new DeserializerBuilder().IgnoreUnmatchedProperties().Build();
        return yaml.Deserialize<Compose>(new MergingParser(new Parser(text))).Services;
    }

    [GeneratedRegex(@"\$\{\w+:-(.*?)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^ +server \w+ (\S+)", RegexOptions.Multiline)]
    private static partial Regex ProxiedTo();

    private sealed class Compose
    {
        [YamlMember(Alias = "services")]
        public Dictionary<string, Service> Services { get; set; } = [];
    }

    private sealed class Log
    {
        [YamlMember(Alias = "options")]
        public Dictionary<string, string> Options { get; set; } = [];
    }

    private sealed class Service
    {
        [YamlMember(Alias = "image")]
        public string Image { get; set; } = "";

        [YamlMember(Alias = "hostname")]
        public string Hostname { get; set; } = "";

        [YamlMember(Alias = "environment")]
        public Dictionary<string, string> Environment { get; set; } = [];

        [YamlMember(Alias = "volumes")]
        public List<string> Volumes { get; set; } = [];

        [YamlMember(Alias = "ports")]
        public List<string> Ports { get; set; } = [];

        [YamlMember(Alias = "logging")]
        public Log? Logging { get; set; }

        /// <summary>By their names, or as a list of names.</summary>
        [YamlMember(Alias = "networks")]
        public object? Networks { get; set; }

        /// <summary>Its fixed address, if it has one.</summary>
        [YamlIgnore]
        public string? Address => Networks is IDictionary<object, object> named
            && named["default"] is IDictionary<object, object> network ? $"{network["ipv4_address"]}" : null;

        [YamlMember(Alias = "healthcheck")]
        public object? Healthcheck { get; set; }

        [YamlMember(Alias = "depends_on")]
        public object? DependsOn { get; set; }

        [YamlMember(Alias = "deploy")]
        public Dictionary<string, Dictionary<string, Dictionary<string, string>>> Deploy { get; set; } = [];

        [YamlIgnore]
        public Dictionary<string, string> Limits => Deploy["resources"]["limits"];

        [YamlMember(Alias = "entrypoint")]
        public List<string> Entrypoint { get; set; } = [];

        /// <summary>A list, or a line for a shell.</summary>
        [YamlMember(Alias = "command")]
        public object? Said { get; set; }

        [YamlIgnore]
        public IEnumerable<string> Command => Said is IEnumerable<object> words ? words.Select(word => $"{word}") : [];
    }
}

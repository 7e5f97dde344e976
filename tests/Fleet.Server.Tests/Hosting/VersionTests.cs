using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fleet.Server.Tests;

/// <summary>There is one version, that of <c>Directory.Build.props</c>, and it is the same everywhere.</summary>
public sealed partial class VersionTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Program_health_metrics_and_image_tell_the_same_version()
    {
        var agreed = Stated().Match(await Read("Directory.Build.props")).Groups["version"].Value;
        var metrics = await Metrics.Of(fleet);

        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$", agreed);
        Assert.Equal(agreed, ProgramVersion.Text);
        Assert.Equal(agreed, await Printed("dotnet", Path.Combine(AppContext.BaseDirectory, "Fleet.Server.dll")));
        Assert.Equal(agreed, await Printed("bash", InTree("deploy/fleet")));
        Assert.Equal(agreed, await OnHealth("/health/live"));
        Assert.Equal(agreed, await OnHealth("/health/ready"));
        Assert.Equal(1, metrics["target_info", ("service_name", "fleet"), ("service_version", agreed)]);
        using var caller = new RpcCaller(fleet, FleetApp.ChainKey);
        var status = await caller.Status.GetAsync(new(), caller.Headers, cancellationToken: Cancel);
        Assert.Equal(agreed, status.Version);
        Assert.Equal(agreed, OfImage().Match(await Read("deploy/Dockerfile")).Groups["version"].Value);
    }

    [Fact]
    public async Task The_changelog_begins_with_what_is_not_released_yet()
    {
        var headings = (await Read("CHANGELOG.md")).Split('\n')
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal));

        Assert.Equal("## Unreleased", headings.First());
    }

    private async Task<string> OnHealth(string path)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(fleet.OperationsAddress, path), Cancel);
        return answer.Headers.GetValues("Fleet-Version").Single();
    }

    /// <summary>What a program says when it is asked for its version.</summary>
    private static async Task<string> Printed(string command, string program)
    {
        using var ran = Process.Start(new ProcessStartInfo(command, [program, "--version"])
        {
            RedirectStandardOutput = true, Environment = { ["FLEET_PROGRAM"] = AppContext.BaseDirectory },
        }) ?? throw new InvalidOperationException($"{command} did not start.");
        return (await ran.StandardOutput.ReadToEndAsync(Cancel)).Trim();
    }

    private static Task<string> Read(string path) => File.ReadAllTextAsync(InTree(path), Cancel);

    private static string InTree(string path) => Path.Combine(Tree.Root, path);

    [GeneratedRegex("<Version>(?<version>[^<]+)</Version>")]
    private static partial Regex Stated();

    [GeneratedRegex(
        @"ARG VERSION=(?<version>\S+)\nLABEL (?:\S+ |\\\n *)*org\.opencontainers\.image\.version=\$VERSION\n")]
    private static partial Regex OfImage();
}

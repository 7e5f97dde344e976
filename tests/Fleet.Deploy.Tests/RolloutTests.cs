using System.Diagnostics;
using Fleet.Torture.Processes;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)] // this test measures times, and two cores are few

namespace Fleet.Deploy.Tests;

/// <summary>An upgrade as every cluster does it, with what k8s/overlays/three says and processes for pods.</summary>
public sealed class RolloutTests(Databases databases)
{
    private const int Lanes = 8;

    private static readonly TimeSpan Around = TimeSpan.FromSeconds(2); // before and after

    [Fact]
    public async Task Three_pods_are_replaced_under_load_and_no_till_asks_more_than_twice()
    {
        var postgres = await databases.Make();
        var folder = Directory.CreateTempSubdirectory("fleet-pods-").FullName;
        var overlay = await Overlay.Rendered("three");
        await using var pods = await Deployment.Started(overlay.Deployment, Cluster.Example(postgres), folder);
        var port = overlay.Container.Ports.Single(one => one.Name == "public").ContainerPort;
        await using var service = new ClusterAddress(() => pods.Endpoints, port);
        var lanes = await Task.WhenAll(Enumerable.Range(1, Lanes).Select(number =>
            Lane.Opened(number, service.Authority, Cluster.Merchant, Cluster.Key)));

        using var day = new CancellationTokenSource();
        var selling = Task.WhenAll(lanes.Select(lane => lane.Sell(day.Token)));
        await Passing.Of(Around);
        var since = Stopwatch.StartNew();
        var endings = await pods.Restart();
        var took = since.Elapsed;
        await Passing.Of(Around);
        await day.CancelAsync();
        await selling;

        var sales = lanes.SelectMany(lane => lane.Sales).ToArray();
        Tell(sales, endings, took);
        Assert.All(endings, ending => Assert.Equal((0, 0), (ending.ExitCode, ending.Restarts)));
        Assert.All(sales, sale => Assert.Equal("successful", sale.Outcome));
        Assert.All(sales, sale => Assert.True(sale.Retries.Count <= 1, string.Join('\n', sale.Retries)));
        Assert.Equal(sales.Select(sale => sale.Checkout).Order(),
            lanes.SelectMany(lane => lane.Charges).Select(id => (Guid?)id).Order());
        Assert.Equal((long)sales.Length, await Databases.Ask(postgres, "SELECT count(*) FROM checkout"));
        foreach (var lane in lanes) await lane.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static void Tell(Sale[] sales, IReadOnlyList<Ending> endings, TimeSpan took)
    {
        Console.WriteLine(
            $"rollout: {sales.Length} sales, {sales.Count(sale => sale.Retries.Count > 0)} of them asked again,"
            + $" at most {sales.Max(sale => sale.Retries.Count)} times; all pods replaced in {took.TotalSeconds:F1} s");
        foreach (var ending in endings)
            Console.WriteLine($"{ending.Pod}: exit code {ending.ExitCode} after {ending.Took.TotalSeconds:F1} s");
        foreach (var trouble in sales.SelectMany(sale => sale.Retries).CountBy(text => text))
            Console.WriteLine($"{trouble.Value} × {trouble.Key}");
    }
}

using Fleet.Server.Links;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// How a node stops: it reports that it is not ready, waits until proxies have noticed that, takes no new connection,
/// finishes running work, and sends its devices to the other nodes. Then its silo leaves the cluster. The web server
/// and the silo do their parts when the host stops them, in this order.
/// </summary>
internal sealed class NodeDrain(
    NodeLeaving node, LinkConnections links, IOptions<FleetOptions> options, TimeProvider time)
    : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        node.IsReady = true;
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        node.IsReady = false;
        await Task.Delay(TimeSpan.FromSeconds(options.Value.UnreadySeconds), time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await node.Announce();
        _ = links.GoAway(time); // meanwhile the web server, which stops next, waits for the last of them
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal static class HealthEndpoints
{
    public static void AddDrain(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NodeLeaving>();
        builder.Services.AddHostedService<NodeDrain>();
    }

    /// <summary>
    /// Maps the health routes for proxies and orchestrators: whether the process is alive, and whether it takes
    /// requests.
    /// </summary>
    public static void MapHealth(this IEndpointRouteBuilder api)
    {
        api.MapGet("/health/live", () => TypedResults.Ok()).ExcludeFromDescription();
        api.MapGet("/health/ready", (NodeLeaving node, StorageDamage damage, ClockWatch clock, StorageProbe probe) =>
            AnswerReady(node.IsReady ? damage.Problem ?? clock.Problem : "The node starts, or stops.", probe.IsUp))
            .ExcludeFromDescription();
    }

    /// <summary>
    /// Without its database a node stays ready: no other node has another database, and a till that asks it is told so.
    /// </summary>
    private static IResult AnswerReady(string? problem, bool hasStorage) => problem is null
        ? hasStorage ? TypedResults.Ok() : TypedResults.Text("The database does not answer.\n")
        : TypedResults.Text($"{problem}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}

using System.ComponentModel.DataAnnotations;
using Fleet.Cli;
using Fleet.Server;
using Fleet.Server.Hosting;

return CommandLine.IsMeant(args) ? await CommandLine.RunCommand(args) : await Serve();

// A method of its own, so that the command line does not load the server's assemblies.
async Task<int> Serve()
{
    WebApplication node;
    try
    {
        node = FleetNode.Build(args);
        await node.StartAsync();
    }
    catch (OperationCanceledException)
    {
        await System.Console.Error.WriteLineAsync("Fleet was told to stop before it was ready.");
        return 0;
    }
    catch (Exception e) when (e is ValidationException or InvalidOperationException or IOException
        or UnauthorizedAccessException || TransientFailure.Is(e))
    {
        // A wrong setting, an address that is in use, a database of a newer Fleet: the message says all that is needed.
        await System.Console.Error.WriteLineAsync($"Fleet cannot start. {e.Message}");
        return 1;
    }
    using var last = EndAtLast(node.Lifetime.ApplicationStopping);
    await node.WaitForShutdownAsync();
    await node.DisposeAsync();
    return 0;
}

// Without its database Orleans waits for two minutes when a node stops. Nothing is lost by an end, as by any crash.
static IDisposable EndAtLast(CancellationToken stopping)
{
    var limit = FleetNode.DrainTimeout + TimeSpan.FromSeconds(3);
    var timer = new Timer(_ =>
    {
        System.Console.Error.WriteLine($"Fleet did not stop within {limit.TotalSeconds} s, and ends.");
        Environment.Exit(1);
    });
    stopping.Register(() => timer.Change(limit, Timeout.InfiniteTimeSpan));
    return timer;
}

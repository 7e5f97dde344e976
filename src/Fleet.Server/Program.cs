using System.ComponentModel.DataAnnotations;
using Fleet.Cli;
using Fleet.Server;
using Fleet.Server.Hosting;

return CommandLine.IsMeant(args) ? await CommandLine.RunCommand(args) : await Serve();

// A method of its own, so that the command line loads nothing of the server.
async Task<int> Serve()
{
    WebApplication node;
    try
    {
        node = FleetNode.Build(args);
        await node.StartAsync();
    }
    catch (Exception e)
        when (e is ValidationException or InvalidOperationException or IOException || TransientFailure.Is(e))
    {
        // A wrong setting, an address that is taken, a database of a newer Fleet: the message is the sentence to read.
        await Console.Error.WriteLineAsync($"Fleet cannot start. {e.Message}");
        return 1;
    }
    await node.WaitForShutdownAsync();
    await node.DisposeAsync();
    return 0;
}

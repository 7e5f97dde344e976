using Orleans.Runtime.Services;
using Orleans.Services;

namespace Fleet.Server;

/// <summary>What all calls from node to node have in common.</summary>
internal static class NodeClient
{
    /// <summary>
    /// How long to wait for a node: it answers from memory, so a node that does not answer is frozen.
    /// </summary>
    public const string Patience = "00:00:01";

    /// <summary>
    /// Calls a node. A node that does not answer is stopping or frozen; Orleans also cancels calls while nodes come and
    /// go.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="silent">The result when the node does not answer.</param>
    public static async Task<TAnswer> CallNode<TAnswer>(Func<Task<TAnswer>> call, TAnswer silent)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return silent;
        }
    }
}

/// <summary>Calls a service that runs once on every node, on the given node.</summary>
internal abstract class NodeClient<TService>(IServiceProvider services) : GrainServiceClient<TService>(services)
    where TService : IGrainService
{
    /// <summary>The answer of a node, or the given result when there is none.</summary>
    protected Task<TAnswer> AskNode<TAnswer>(SiloAddress node, Func<TService, Task<TAnswer>> ask, TAnswer silent) =>
        NodeClient.CallNode(() => ask(GetGrainService(node)), silent);
}

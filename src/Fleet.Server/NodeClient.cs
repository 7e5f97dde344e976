using Orleans.Runtime.Services;
using Orleans.Services;

namespace Fleet.Server;

/// <summary>What all calls from node to node have in common.</summary>
internal static class NodeClient
{
    /// <summary>How long a node is waited for: it answers from memory, so one that does not is frozen.</summary>
    public const string Patience = "00:00:01";

    /// <summary>
    /// Makes a call to a node. One that does not answer is on its way out, or frozen; Orleans also gives up by itself
    /// while nodes come and go.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="silent">What stands for the answer of a node that gives none.</param>
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

/// <summary>Calls a service that every node has one of, on the node that is named.</summary>
internal abstract class NodeClient<TService>(IServiceProvider services) : GrainServiceClient<TService>(services)
    where TService : IGrainService
{
    /// <summary>The answer of a node, or what stands for it.</summary>
    protected Task<TAnswer> AskNode<TAnswer>(SiloAddress node, Func<TService, Task<TAnswer>> ask, TAnswer silent) =>
        NodeClient.CallNode(() => ask(GetGrainService(node)), silent);
}

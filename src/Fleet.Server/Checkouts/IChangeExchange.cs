using Fleet.Core.Readers;
using Orleans.Services;

namespace Fleet.Server.Changes;

/// <summary>Through which nodes tell each other what they committed.</summary>
[Alias("fleet.change-exchange")]
internal interface IChangeExchange : IGrainService
{
    /// <summary>
    /// From now on this node is told what the callee's readers commit. It asks again and again, and so learns also
    /// whether the callee lives.
    /// </summary>
    /// <returns>Whether the callee had not known of it until now, and so told it nothing.</returns>
    [Alias("subscribe"), ResponseTimeout(NodeClient.Patience)]
    Task<bool> SubscribeNode(SiloAddress node);

    /// <summary>What was committed on another node.</summary>
    /// <param name="events">In the order of their commits.</param>
    /// <param name="gap">Something before them was lost on the way.</param>
    [Alias("tell"), ResponseTimeout(NodeClient.Patience)]
    Task DeliverEvents(IReadOnlyList<ReaderEvent> events, bool gap);
}

using Fleet.Core.Readers;
using Orleans.Services;

namespace Fleet.Server.Changes;

/// <summary>The calls by which nodes report to each other what they committed.</summary>
[Alias("fleet.change-exchange")]
internal interface IChangeExchange : IGrainService
{
    /// <summary>
    /// Subscribes a node to the events of the callee's readers. The node repeats the call, and so learns also whether
    /// the callee is alive.
    /// </summary>
    /// <returns>Whether the subscription is new, so that earlier events were not sent.</returns>
    [Alias("subscribe"), ResponseTimeout(NodeClient.Patience)]
    Task<bool> SubscribeNode(SiloAddress node);

    /// <summary>Delivers events that were committed on another node.</summary>
    /// <param name="events">In the order of their commits.</param>
    /// <param name="gap">Whether events before them were lost.</param>
    [Alias("tell"), ResponseTimeout(NodeClient.Patience)]
    Task DeliverEvents(IReadOnlyList<ReaderEvent> events, bool gap);
}

using Fleet.Core.Readers;
using Orleans.Services;

namespace Fleet.Server.Changes;

/// <summary>Through which nodes tell each other what they committed.</summary>
[Alias("fleet.change-exchange")]
internal interface IChangeExchange : IGrainService
{
    /// <summary>How long a node is waited for: it answers from memory, so one that does not is frozen.</summary>
    const string Patience = "00:00:01";

    /// <summary>
    /// From now on this node is told what the callee's readers commit. It asks again and again, and so learns also
    /// whether the callee lives.
    /// </summary>
    /// <returns>Whether the callee had not known of it until now, and so told it nothing.</returns>
    [Alias("subscribe"), ResponseTimeout(Patience)]
    Task<bool> SubscribeNode(SiloAddress node);

    /// <summary>What was committed on another node.</summary>
    /// <param name="events">In the order of their commits.</param>
    /// <param name="gap">Something before them was lost on the way.</param>
    [Alias("tell"), ResponseTimeout(Patience)]
    Task DeliverEvents(IReadOnlyList<ReaderEvent> events, bool gap);
}

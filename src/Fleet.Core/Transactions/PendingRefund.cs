using Fleet.Core.Cloud;
using Orleans;

namespace Fleet.Core.Transactions;

/// <summary>A refund that SumUp's cloud is asked for. It is saved before anything is sent.</summary>
/// <param name="Id">The id of the refund.</param>
/// <param name="Amount">Minor units, at least 1.</param>
/// <param name="RefundedBefore">What the cloud had given back before it was sent, in minor units.</param>
/// <param name="SentAt">When its last attempt was permitted; nothing of that attempt was sent before.</param>
/// <param name="Sends">Attempts that were permitted.</param>
/// <param name="Doubt">Why it is not known whether the cloud made it; null while the answer is awaited.</param>
[GenerateSerializer, Immutable, Alias("fleet.pending-refund")]
public sealed record PendingRefund(
    [property: Id(0)] Guid Id,
    [property: Id(1)] long Amount,
    [property: Id(2)] long RefundedBefore,
    [property: Id(3)] DateTimeOffset SentAt,
    [property: Id(4)] int Sends = 1,
    [property: Id(5)] Doubt? Doubt = null);

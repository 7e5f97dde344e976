using Fleet.Core;
using Orleans.Concurrency;

namespace Fleet.Server.Grains;

/// <summary>
/// The refunds of one payment that SumUp's cloud has charged. It asks the cloud for them, one after the other, and
/// finds out what became of each. Its key is a <see cref="RefundKey"/>.
/// </summary>
[Alias("fleet.cloud-refund")]
internal interface ICloudRefundGrain : IGrainWithStringKey
{
    /// <summary>
    /// Refunds the payment, or goes on with the refund of the same id. Null when it is made; after 8.5 seconds the
    /// answer is that it is not known.
    /// </summary>
    [Alias("refund"), ResponseTimeout("00:00:15")]
    Task<Refusal?> RefundPayment(RefundOrder order);

    /// <summary>Goes on with a refund that the ledger has as pending.</summary>
    [Alias("resume"), OneWay]
    Task ResumeRefund();
}

/// <summary>
/// The payments of a merchant of which a refund may be pending, so that it is found again after its node was lost.
/// </summary>
[Alias("fleet.open-refunds")]
internal interface IOpenRefundsGrain : IGrainWithStringKey
{
    /// <summary>Notes a payment, before its refund is committed; false when there are too many.</summary>
    [Alias("add")]
    Task<bool> AddRefund(RefundKey key);

    /// <summary>Removes a payment without a pending refund.</summary>
    [Alias("remove")]
    Task RemoveRefund(RefundKey key);

    /// <summary>Reminds each of them to go on.</summary>
    [Alias("remind")]
    Task RemindAll();
}

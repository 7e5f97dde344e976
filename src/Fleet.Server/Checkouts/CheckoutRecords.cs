using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Cluster;
using Fleet.Server.Readers;
using Fleet.Server.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// What merchants are told about their checkouts, over whatever channel: always what is stored, and never what is
/// beyond the reach of their key.
/// </summary>
internal sealed class CheckoutRecords(ITransactions transactions, ReaderGrains readers, TimeProvider time)
{
    /// <summary>The checkout, or null.</summary>
    public async Task<Checkout?> Find(Reach caller, Guid checkoutId, CancellationToken cancel) =>
        await Settle(caller, await transactions.Find(checkoutId, cancel), cancel);

    /// <summary>The checkout with this code, or null.</summary>
    public async Task<Checkout?> FindByCode(Reach caller, string code, CancellationToken cancel) =>
        await Settle(caller, await transactions.FindByCode(caller.MerchantCode, code, cancel), cancel);

    /// <summary>The checkout with this <c>foreign_transaction_id</c>, or null.</summary>
    public async Task<Checkout?> FindByReference(Reach caller, string foreignId, CancellationToken cancel) =>
        await Settle(caller, await transactions.FindByReference(caller.MerchantCode, foreignId, cancel), cancel);

    /// <summary>Where a window is over and nobody has written that down yet, that is done first.</summary>
    private async Task<Checkout?> Settle(Reach caller, Checkout? checkout, CancellationToken cancel)
    {
        if (checkout is null || !caller.Covers(checkout)) return null;
        if (!checkout.IsOverdue(time.Now())) return checkout;
        var reader = readers[checkout.ReaderId];
        await Failover.Call(reader.Expire, cancel);
        return await transactions.Find(checkout.Id, cancel);
    }
}

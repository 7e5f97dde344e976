using Fleet.Core.Checkouts;
using Fleet.Server.Cluster;
using Fleet.Server.Readers;
using Fleet.Server.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// What merchants are told about their checkouts, over whatever channel: always what is stored, and never that of
/// another merchant.
/// </summary>
internal sealed class CheckoutRecords(ITransactions transactions, ReaderGrains readers, TimeProvider time)
{
    /// <summary>The merchant's checkout, or null.</summary>
    public async Task<Checkout?> Find(string merchantCode, Guid checkoutId, CancellationToken cancel) =>
        await Settle(merchantCode, await transactions.Find(checkoutId, cancel), cancel);

    /// <summary>The merchant's checkout with this code, or null.</summary>
    public Task<Checkout?> FindByCode(string merchantCode, string code, CancellationToken cancel) =>
        transactions.FindByCode(merchantCode, code, cancel);

    /// <summary>The merchant's checkout with this <c>foreign_transaction_id</c>, or null.</summary>
    public async Task<Checkout?> FindByReference(string merchantCode, string foreignId, CancellationToken cancel) =>
        await Settle(merchantCode, await transactions.FindByReference(merchantCode, foreignId, cancel), cancel);

    /// <summary>Where a window is over and nobody has written that down yet, that is done first.</summary>
    private async Task<Checkout?> Settle(string merchantCode, Checkout? checkout, CancellationToken cancel)
    {
        if (checkout?.MerchantCode != merchantCode) return null;
        if (!checkout.IsOverdue(time.Now())) return checkout;
        var reader = readers[checkout.ReaderId];
        await Failover.Call(reader.Expire, cancel);
        return await transactions.Find(checkout.Id, cancel);
    }
}

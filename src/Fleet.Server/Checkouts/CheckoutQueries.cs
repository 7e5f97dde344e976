using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// What merchants are told about their checkouts, over whatever channel: always what is stored, and never what is
/// beyond the reach of their key.
/// </summary>
internal sealed class CheckoutQueries(ITransactions transactions, ReaderGrainFactory readers, TimeProvider time)
{
    /// <summary>Checkouts of one reference among which that of a store is looked for.</summary>
    private const int MaxTries = 100;

    /// <summary>The checkout, or null.</summary>
    public async Task<Checkout?> FindCheckout(Reach caller, Guid checkoutId, CancellationToken cancel) =>
        await ExpireIfOverdue(caller, await transactions.FindById(checkoutId, cancel), cancel);

    /// <summary>The checkout with this code, or null.</summary>
    public async Task<Checkout?> FindByCode(Reach caller, string code, CancellationToken cancel) =>
        Transaction.IsCode(code)
            ? await ExpireIfOverdue(caller, await transactions.FindByCode(caller.MerchantCode, code, cancel), cancel)
            : null;

    /// <summary>
    /// The checkout with this <c>foreign_transaction_id</c>, or null. When several tries share it: the one that was
    /// charged, or else the one that still may be, or else the last.
    /// </summary>
    public async Task<Checkout?> FindByReference(Reach caller, string foreignId, CancellationToken cancel)
    {
        if (!FieldCheck.IsStorable(foreignId)) return null; // no checkout was accepted with it
        // Stores may number their sales alike: a key of one of them is not told of another's.
        var tries = await transactions.FindByReference(
            caller.MerchantCode, foreignId, caller.Store is null ? 1 : MaxTries, cancel);
        return await ExpireIfOverdue(caller, tries.FirstOrDefault(caller.CoversCheckout), cancel);
    }

    /// <summary>Where a window is over and nobody has written that down yet, that is done first.</summary>
    private async Task<Checkout?> ExpireIfOverdue(Reach caller, Checkout? checkout, CancellationToken cancel)
    {
        if (checkout is null || !caller.CoversCheckout(checkout)) return null;
        if (!checkout.IsOverdue(time.Now())) return checkout;
        var reader = readers[checkout.ReaderId];
        await Failover.CallWithRetry(reader.ExpireCheckout, cancel);
        return await transactions.FindById(checkout.Id, cancel);
    }
}

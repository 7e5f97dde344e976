using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Reads checkouts for callers, over every protocol. It returns only what is saved, and only what the caller's key
/// reaches.
/// </summary>
internal sealed class CheckoutQueries(ITransactions transactions, ReaderGrainFactory readers, TimeProvider time)
{
    /// <summary>Checkouts of one reference among which one of the store is searched.</summary>
    private const int MaxTries = 100;

    /// <summary>Attempts for one id of a caller that SumUp's cloud may refuse; the next one needs another id.</summary>
    private const int MaxRefused = 20;

    /// <summary>The checkout, or null.</summary>
    public async Task<Checkout?> FindCheckout(Reach caller, Guid checkoutId, CancellationToken cancel) =>
        await ExpireIfOverdue(caller, await transactions.FindById(checkoutId, cancel), cancel);

    /// <summary>
    /// What a key reaches of the merchant that is named, or else of that of the checkout, whose id no other has; null
    /// when no merchant is named and there is no such checkout.
    /// </summary>
    public async Task<Reach?> ReachOf(Caller caller, Guid checkoutId, CancellationToken cancel)
    {
        var merchant = caller.WorksFor ?? (await transactions.FindById(checkoutId, cancel))?.MerchantCode;
        return merchant is null ? null : new Reach(merchant, caller.Store);
    }

    /// <summary>
    /// The newest checkouts of a reader, the newest first; null when there is no such reader for the caller.
    /// </summary>
    public async Task<IReadOnlyList<Checkout>?> ListOfReader(
        Reach caller, string readerId, int limit, CancellationToken cancel)
    {
        if (!Ids.IsReader(readerId)) return null;
        var reader = readers[readerId];
        if (await Failover.CallWithRetry(() => reader.GetReader(caller), cancel) is null) return null;
        var found = await transactions.ListOfReader(readerId, limit, cancel);
        if (found.Any(one => one.IsOverdue(time.Now())))
        {
            await Failover.CallWithRetry(reader.ExpireCheckout, cancel);
            found = await transactions.ListOfReader(readerId, limit, cancel);
        }
        return [.. found.Where(caller.CoversCheckout)];
    }

    /// <summary>The checkout with this code, or null.</summary>
    public async Task<Checkout?> FindByCode(Reach caller, string code, CancellationToken cancel) =>
        Transaction.IsCode(code)
            ? await ExpireIfOverdue(caller, await transactions.FindByCode(caller.MerchantCode, code, cancel), cancel)
            : null;

    /// <summary>The checkout with this id, or this code; or null.</summary>
    public Task<Checkout?> FindByIdOrCode(Reach caller, string idOrCode, CancellationToken cancel) =>
        Ids.IsUuid(idOrCode, out var id)
            ? FindCheckout(caller, id, cancel)
            : FindByCode(caller, idOrCode, cancel);

    /// <summary>
    /// The checkout with this <c>foreign_transaction_id</c>, or null. When several attempts share it: the paid one, or
    /// else the one that may still be paid, or else the last.
    /// </summary>
    public async Task<Checkout?> FindByReference(Reach caller, string foreignId, CancellationToken cancel)
    {
        if (!FieldCheck.IsStorable(foreignId)) return null; // no checkout was accepted with it
        // Stores may use the same numbers for their sales, so a key of one store must not see a sale of another.
        var tries = await transactions.FindByReference(
            caller.MerchantCode, foreignId, caller.Store is null ? 1 : MaxTries, cancel);
        return await ExpireIfOverdue(caller, tries.FirstOrDefault(caller.CoversCheckout), cancel);
    }

    /// <summary>The checkout with this id of its transaction, which Fleet or the caller made; or null.</summary>
    public async Task<Checkout?> FindByClientId(Reach caller, string text, CancellationToken cancel)
    {
        if (Ids.IsUuid(text, out var id) && await FindCheckout(caller, Ids.CheckoutOf(id), cancel) is { } found)
            return found;
        var (_, last) = await FindByCallersId(caller.MerchantCode, text, cancel);
        return await ExpireIfOverdue(caller, last, cancel);
    }

    /// <summary>
    /// The id of the checkout of a caller's own id, and that checkout; null where there is none yet. A checkout that
    /// SumUp's cloud did not take is as good as none, so the next attempt has another id.
    /// </summary>
    public async Task<(Guid Id, Checkout? Checkout)> FindByCallersId(
        string merchantCode, string callersId, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            var id = Ids.CheckoutOf(merchantCode, callersId, attempt);
            var found = await transactions.FindById(id, cancel);
            if (found is not { Cloud.Refused: not null } || attempt == MaxRefused) return (id, found);
        }
    }

    /// <summary>When the window of a checkout is over and that is not recorded yet, it is recorded first.</summary>
    private async Task<Checkout?> ExpireIfOverdue(Reach caller, Checkout? checkout, CancellationToken cancel)
    {
        if (checkout is null || !caller.CoversCheckout(checkout)) return null;
        if (!checkout.IsOverdue(time.Now())) return checkout;
        var reader = readers[checkout.ReaderId];
        await Failover.CallWithRetry(reader.ExpireCheckout, cancel);
        return await transactions.FindById(checkout.Id, cancel);
    }
}

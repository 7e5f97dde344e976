using Fleet.Core.Merchants;

namespace Fleet.Server.Access;

/// <summary>The merchants that were made over the API. They are never deleted, because payments name them.</summary>
internal interface IMerchants
{
    /// <summary>Merchants that were made or changed after a change, in the order of their changes.</summary>
    /// <param name="after">The number of the last change that is known; 0 for none.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancel">Ends the read.</param>
    Task<IReadOnlyList<SavedMerchant>> ReadChanges(long after, int limit, CancellationToken cancel);

    /// <summary>The merchant of a code, or null.</summary>
    Task<MerchantRecord?> FindMerchant(string code, CancellationToken cancel);

    /// <summary>Adds a merchant; false when there is one of its code.</summary>
    /// <exception cref="LedgerUnavailableException">It is not known whether it was added.</exception>
    Task<bool> AddMerchant(MerchantRecord merchant);

    /// <summary>
    /// Saves a changed merchant; false when the saved one is not of the revision before, because it was changed
    /// meanwhile.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It is not known whether it was changed.</exception>
    Task<bool> ReplaceMerchant(MerchantRecord merchant);
}

/// <summary>A merchant as it is saved.</summary>
/// <param name="Change">The number of its latest change among the changes of all merchants.</param>
/// <param name="Merchant">The merchant.</param>
internal sealed record SavedMerchant(long Change, MerchantRecord Merchant);

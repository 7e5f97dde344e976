namespace Fleet.Server.Cloud;

/// <summary>The exchanges that all nodes have stored.</summary>
internal interface IExchanges
{
    /// <summary>
    /// Adds exchanges in one transaction. One whose id is there already stays as it is, so that a batch whose commit is
    /// in doubt can be added again.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">It is not known whether they were added.</exception>
    Task AddExchanges(IReadOnlyList<CloudExchange> exchanges);

    /// <summary>The first exchanges about one of Fleet's checkouts, the oldest first.</summary>
    Task<IReadOnlyList<CloudExchange>> ListOfCheckout(Guid checkoutId, int limit, CancellationToken cancel);

    /// <summary>The last exchanges of a merchant before a time, the newest first.</summary>
    Task<IReadOnlyList<CloudExchange>> ListRecent(
        string merchantCode, DateTimeOffset before, int limit, CancellationToken cancel);

    /// <summary>Deletes exchanges from before a time, the oldest first. Returns how many it deleted.</summary>
    Task<int> ForgetExchanges(DateTimeOffset before, int limit, CancellationToken cancel);
}

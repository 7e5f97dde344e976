using System.Collections.Concurrent;

namespace Fleet.Server.Cloud;

/// <summary>Makes the clients of linked merchants. Nothing is made before the first one is asked for.</summary>
internal sealed class CloudClients(IServiceProvider services, TimeProvider time, ILogger<CloudClients> log)
{
    private readonly ConcurrentDictionary<CloudAccount, string> _accounts = new();

    /// <summary>The accounts of the clients that are open on this node.</summary>
    public IEnumerable<CloudAccount> Accounts
    {
        get
        {
            foreach (var account in _accounts.Keys.Where(account => account.IsClosed))
                _accounts.TryRemove(account, out _);
            return _accounts.Keys;
        }
    }

    /// <summary>How many of them are in a state.</summary>
    public int CountIn(AccountState state) => Accounts.Count(account => account.State == state);

    /// <summary>Counts the account of a client from now on, until it is closed.</summary>
    public void CountAccount(CloudClient client) => _accounts[client.Account] = client.Account.MerchantCode;

    /// <summary>A budget: in the whole cluster there should be one for a merchant at a time.</summary>
    public CloudBudget OpenBudget(CloudLink link) => new(link.RequestsPerSecond, link.Burst, time);

    /// <summary>A client that shares a budget.</summary>
    public CloudClient OpenClient(string merchantCode, CloudLink link, CloudBudget budget) =>
        new(services.GetRequiredService<ICloudApi>(),
            new(merchantCode, link, budget, new CloudBreaker(merchantCode, time, log), time));
}

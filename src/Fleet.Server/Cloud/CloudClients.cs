using System.Collections.Concurrent;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>Makes the clients of linked merchants. Nothing is made before the first one is asked for.</summary>
internal sealed class CloudClients(
    IServiceProvider services, IOptions<FleetOptions> options, TimeProvider time, ILogger<CloudClients> log)
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

    /// <summary>
    /// A client with a budget of its own: in the whole cluster there should be one for a key at a time. The caller
    /// disposes it.
    /// </summary>
    public CloudClient OpenClient(string merchantCode, CloudKey key)
    {
        var cloud = options.Value.Cloud;
        var budget = new CloudBudget(cloud.RequestsPerSecond, cloud.Burst, time);
        var breaker = new CloudBreaker(merchantCode, time, log);
        var account = new CloudAccount(merchantCode, key, budget, breaker, time);
        _accounts[account] = merchantCode;
        return new(services.GetRequiredService<ICloudApi>(), account);
    }
}

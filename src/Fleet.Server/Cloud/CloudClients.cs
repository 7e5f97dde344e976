using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Cloud;

/// <summary>Makes the clients of linked merchants. Nothing is made before the first one is asked for.</summary>
internal sealed class CloudClients(
    IServiceProvider services, IOptions<FleetOptions> options, TimeProvider time, ILogger<CloudClients> log)
{
    /// <summary>
    /// A client with a budget of its own: in the whole cluster there should be one for a key at a time. The caller
    /// disposes it.
    /// </summary>
    public CloudClient OpenClient(string merchantCode, CloudKey key)
    {
        var cloud = options.Value.Cloud;
        var budget = new CloudBudget(cloud.RequestsPerSecond, cloud.Burst, time);
        var breaker = new CloudBreaker(merchantCode, time, log);
        return new(services.GetRequiredService<ICloudApi>(), new(merchantCode, key, budget, breaker, time));
    }
}

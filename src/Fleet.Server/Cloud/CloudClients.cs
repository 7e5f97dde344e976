namespace Fleet.Server.Cloud;

/// <summary>Makes the clients of linked merchants. Nothing is made before the first one is asked for.</summary>
internal sealed class CloudClients(IServiceProvider services, TimeProvider time, ILogger<CloudClients> log)
{
    /// <summary>A budget: in the whole cluster there should be one for a merchant at a time.</summary>
    public CloudBudget OpenBudget(CloudLink link) => new(link.RequestsPerSecond, link.Burst, time);

    /// <summary>A client that shares a budget.</summary>
    public CloudClient OpenClient(string merchantCode, CloudLink link, CloudBudget budget) =>
        new(services.GetRequiredService<ICloudApi>(),
            new(merchantCode, link, budget, new CloudBreaker(merchantCode, time, log), time));
}

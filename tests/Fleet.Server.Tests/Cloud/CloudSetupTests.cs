using Fleet.Server.Cloud;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Tests;

/// <summary>What a node has of the cloud while no merchant is linked.</summary>
public sealed class CloudSetupTests
{
    [Fact]
    public void Registering_the_client_starts_four_things_that_work_by_themselves()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var before = builder.Services.Count(IsStarted);

        builder.AddCloud();

        // the log of exchanges, the watch for trouble, the sweeper of refunds and days, and the waker of accounts
        Assert.Equal(before + 4, builder.Services.Count(IsStarted));
        Assert.Contains(builder.Services, service => service.ServiceType == typeof(ExchangeLog));
        Assert.Contains(builder.Services, service => service.ServiceType == typeof(TroubleWatch));
        Assert.Contains(builder.Services, service => service.ServiceType == typeof(CloudClients));
    }

    private static bool IsStarted(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService) || service.ServiceType == typeof(IStartupValidator);
}

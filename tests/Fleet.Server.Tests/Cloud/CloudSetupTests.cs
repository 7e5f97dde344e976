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
    public void Registering_the_client_starts_nothing_that_runs_without_a_link()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        var before = builder.Services.Count(IsStarted);

        builder.AddCloud();

        Assert.Equal(before, builder.Services.Count(IsStarted));
        Assert.Contains(builder.Services, service => service.ServiceType == typeof(CloudClients));
    }

    private static bool IsStarted(ServiceDescriptor service) =>
        service.ServiceType == typeof(IHostedService) || service.ServiceType == typeof(IStartupValidator);
}

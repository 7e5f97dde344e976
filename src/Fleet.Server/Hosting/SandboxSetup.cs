using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Server.Hosting;

internal static class SandboxSetup
{
    /// <summary>Six virtual readers and a first payment to look at, in sandbox mode.</summary>
    public static void AddSandbox(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(Console.Out);
        builder.Services.AddSingleton<SandboxReaders>();
        builder.Services.AddHostedService<SandboxTour>();
    }
}

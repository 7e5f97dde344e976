using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fleet.Server.Hosting;

internal static class SandboxSetup
{
    /// <summary>Registers six virtual readers and a first payment, in sandbox mode.</summary>
    public static void AddSandbox(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(System.Console.Out);
        builder.Services.AddSingleton<SandboxReaders>();
        builder.Services.AddHostedService<SandboxTour>();
    }
}

namespace Fleet.Server.Hosting;

internal static class SandboxSetup
{
    /// <summary>Registers what a node says of itself when it has started.</summary>
    public static void AddStartReport(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(System.Console.Out);
        builder.Services.AddSingleton<StartReport>();
        builder.Services.AddHostedService(services => services.GetRequiredService<StartReport>());
    }

    /// <summary>Registers six virtual readers and a first payment, in sandbox mode.</summary>
    public static void AddSandbox(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SandboxPayments>();
        builder.Services.AddHostedService<SandboxTour>();
    }
}

using Fleet.Server.Storage;

namespace Fleet.Server.Hosting;

internal static class ClockSetup
{
    /// <summary>Registers one clock for the whole node, Orleans included, and the watch that corrects it.</summary>
    public static void AddClock(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services =>
            ClockWatch.Begin(TimeProvider.System, services.GetRequiredService<Database>()));
        builder.Services.AddSingleton<TimeProvider>(services => services.GetRequiredService<NodeClock>());
        builder.Services.AddSingleton<ClockWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ClockWatch>());
    }
}

using OpenTelemetry.Metrics;

namespace Fleet.Server.Telemetry;

internal static class TelemetrySetup
{
    /// <summary>What measures the node.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder) => builder.Services.AddOpenTelemetry()
        .WithMetrics(metrics => metrics
            .AddAspNetCoreInstrumentation()
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
}

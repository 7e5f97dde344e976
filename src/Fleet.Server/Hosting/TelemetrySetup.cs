using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Fleet.Server.Cloud;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Fleet.Server.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fleet.Server.Hosting;

internal static class TelemetrySetup
{
    private const string Orleans = "Microsoft.Orleans", ServiceName = "fleet";

    /// <summary>Standard settings: where telemetry is sent, and which requests are traced.</summary>
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", Sampler = "OTEL_TRACES_SAMPLER";

    /// <summary>
    /// The instruments of Orleans that are rarely written, or computed when they are read. The others are written
    /// several times in each grain call.
    /// </summary>
    private static readonly FrozenSet<string> OfOrleans = new[]
    {
        "orleans-catalog-activations", "orleans-catalog-activation-failed-to-activate",
        "orleans-app-requests-timedout", "orleans-messaging-rejected", "orleans-messaging-expired",
        "orleans-messaging-sent-failed", "orleans-messaging-pings-reply-missed", "orleans-scheduler-long-running-turns",
        "orleans-storage-read-errors", "orleans-storage-write-errors",
    }.ToFrozenSet();

    /// <summary>The meters of the web server that measure once per request or connection.</summary>
    private static readonly string[] OfWeb = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Registers metrics and, if there is somewhere to send them, traces.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, FleetOptions options)
    {
        builder.Services.AddSingleton<FleetMeter>();
        builder.Logging.Configure(log => log.ActivityTrackingOptions =
            ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        if (!options.Telemetry) return;
        builder.Services.AddSingleton<Backlog>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Backlog>());
        builder.Services.AddHostedService<Gauges>();
        builder.Services.AddHostedService<CloudGauges>();
        builder.Services.AddHostedService<OperatorGauges>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(node => node.AddService(
                ServiceName, serviceVersion: ProgramVersion.Text, serviceInstanceId: options.Node))
            .WithMetrics(metrics => metrics
                .AddMeter(FleetMeter.Name, Orleans, "Npgsql", "Polly")
                .AddMeter(OfWeb)
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter(scrape => scrape.ScrapeResponseCacheDurationMilliseconds = 0));
        builder.Services.ConfigureOpenTelemetryMeterProvider((services, metrics) =>
            metrics.AddView(SelectInstruments(services.GetRequiredService<IMeterFactory>())));
        if (!string.IsNullOrEmpty(builder.Configuration[Endpoint])) builder.SendTelemetry(telemetry, options);
    }

    private static void SendTelemetry(
        this WebApplicationBuilder builder, IOpenTelemetryBuilder telemetry, FleetOptions options)
    {
        telemetry
            .WithMetrics(metrics => metrics.AddOtlpExporter())
            .WithLogging(logs => logs.AddOtlpExporter())
            .WithTracing(traces =>
            {
                traces.AddSource(CheckoutTrace.Source)
                    .AddAspNetCoreInstrumentation(web => web.Filter = http => IsTraced(http.Request.Path))
                    .AddOtlpExporter();
                if (builder.Configuration[Sampler] is null)
                    traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)));
            });
    }

    /// <summary>
    /// Not the connections of devices, which last for days, nor the calls of SumUp's cloud: their path is their proof,
    /// and a trace would tell it.
    /// </summary>
    private static bool IsTraced(PathString path) =>
        path != Protocol.Link.Path
        && !path.StartsWithSegments(CallbackAddresses.Path, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Selects the instruments of this node: several nodes may run in one process, as in tests, and each measures only
    /// itself. Labels whose values are new in each process are removed.
    /// </summary>
    private static Func<Instrument, MetricStreamConfiguration?> SelectInstruments(IMeterFactory mine) => instrument =>
        (instrument.Meter.Scope is IMeterFactory other && other != mine)
        || (instrument.Meter.Name == Orleans && !OfOrleans.Contains(instrument.Name))
        || instrument.Name == "http.server.active_requests" ? MetricStreamConfiguration.Drop
        : instrument.Meter.Name == Orleans ? new() { TagKeys = [], CardinalityLimit = 1 }
        : null;
}

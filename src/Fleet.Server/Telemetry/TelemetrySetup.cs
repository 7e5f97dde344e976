using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Fleet.Server.Telemetry;

internal static class TelemetrySetup
{
    private const string Orleans = "Microsoft.Orleans", ServiceName = "fleet";

    /// <summary>Standard settings: where all of it is sent, and which requests are traced.</summary>
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", Sampler = "OTEL_TRACES_SAMPLER";

    /// <summary>Orleans' attributes with few values: of the others there is one for each process.</summary>
    private static readonly string[] OrleansTags = ["type", "status", "direction", "kind", "phase"];

    /// <summary>What measures the node and, if there is somewhere to send that, traces it.</summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, FleetOptions options)
    {
        builder.Services.AddSingleton<FleetMeter>();
        builder.Logging.Configure(log => log.ActivityTrackingOptions =
            ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        if (!options.Telemetry) return;
        builder.Services.AddSingleton<Backlog>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Backlog>());
        builder.Services.AddHostedService<Gauges>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(node => node.AddService(ServiceName, serviceInstanceId: options.Node))
            .WithMetrics(metrics => metrics
                .AddMeter(FleetMeter.Name, Orleans, "Npgsql", "Polly")
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter(scrape => scrape.ScrapeResponseCacheDurationMilliseconds = 0));
        builder.Services.ConfigureOpenTelemetryMeterProvider((services, metrics) =>
            metrics.AddView(Only(services.GetRequiredService<IMeterFactory>())));
        if (!string.IsNullOrEmpty(builder.Configuration[Endpoint])) builder.Send(telemetry, options);
    }

    private static void Send(this WebApplicationBuilder builder, IOpenTelemetryBuilder telemetry, FleetOptions options)
    {
        telemetry
            .WithMetrics(metrics => metrics.AddOtlpExporter())
            .WithLogging(logs => logs.AddOtlpExporter())
            .WithTracing(traces =>
            {
                traces.AddSource(Steps.Source, $"{Orleans}.Application")
                    .AddAspNetCoreInstrumentation(web => web.Filter = http => http.Request.Path != Protocol.Link.Path)
                    .AddProcessor(new Unnamed())
                    .AddOtlpExporter();
                if (builder.Configuration[Sampler] is null)
                    traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)));
            });
        builder.UseOrleans(silo => silo.AddActivityPropagation());
    }

    /// <summary>
    /// Instruments of this node: where several run in one process, as in tests, each measures itself. Of Orleans' own
    /// only the attributes that do not grow.
    /// </summary>
    private static Func<Instrument, MetricStreamConfiguration?> Only(IMeterFactory mine) => instrument =>
        instrument.Meter.Scope is IMeterFactory other && other != mine ? MetricStreamConfiguration.Drop
        : instrument.Meter.Name == Orleans ? new() { TagKeys = OrleansTags }
        : null;

    /// <summary>A grain's key may be a pairing code, so spans of grain calls leave without it.</summary>
    private sealed class Unnamed : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (!data.Source.Name.StartsWith(Orleans, StringComparison.Ordinal)) return;
            data.SetTag("orleans.rpc.target_id", null);
            data.SetTag("orleans.rpc.source_id", null);
        }
    }
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Refit;

namespace Fleet.Server.Cloud;

internal static class CloudSetup
{
    private const string ClientName = "cloud";

    /// <summary>Kilobytes of headers that are read.</summary>
    private const int MaxHeadersKb = 32;

    /// <summary>
    /// A connection that the cloud closes while it is used again makes the outcome of a payment unknown, so an idle one
    /// is closed early.
    /// </summary>
    private static readonly TimeSpan MaxIdle = TimeSpan.FromSeconds(30), MaxConnection = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Registers the client of SumUp's cloud. Until a merchant is linked it only looks for old exchanges.
    /// </summary>
    public static void AddCloud(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ExchangeLog>();
        builder.Services.TryAddSingleton<IExchangeLog>(services => services.GetRequiredService<ExchangeLog>());
        builder.Services.AddHostedService(services => services.GetRequiredService<ExchangeLog>());
        builder.Services.AddSingleton<CloudClients>();
        builder.Services.AddSingleton<TroubleWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TroubleWatch>());
        builder.Services.AddSingleton<CloudLinks>();
        builder.Services.AddSingleton<CloudSettings>();
        builder.Services.AddSingleton<CallbackAddresses>();
        builder.Services.AddSingleton<ReconcileMeter>();
        builder.Services.AddHostedService<CloudSweeper>();
        builder.Services.AddSingleton<MerchantReaders>();
        builder.Services.AddHostedService<AccountWaker>();
        builder.Services.AddTransient<CloudHandler>();
        var client = builder.Services.AddRefitGeneratedClient<ICloudApi>(_ => BuildSettings(), ClientName)
            .ConfigureHttpClient(SetDefaults)
            .ConfigurePrimaryHttpMessageHandler(BuildConnections)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan) // the connections themselves are renewed
            .RemoveAllLoggers(); // they would write URLs
        client.AddResilienceHandler(ClientName, (pipeline, context) => CloudPipelines.BuildPipeline(
                pipeline, Enum.Parse<CloudPurpose>(context.InstanceName),
                context.ServiceProvider.GetRequiredService<TimeProvider>()))
            .SelectPipelineBy(_ => request => $"{AccountCall.Find(request)?.Purpose ?? CloudPurpose.Create}");
        client.AddHttpMessageHandler<CloudHandler>(); // inside of the pipeline: it is one attempt
    }

    private static RefitSettings BuildSettings() => new()
    {
        ContentSerializer = new SystemTextJsonContentSerializer(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        }),
        TransportExceptionFactory = (_, failure, _) => failure, // not wrapped in one that holds the request
    };

    private static void SetDefaults(HttpClient http)
    {
        http.BaseAddress = new($"https://{CloudLink.NoHost}"); // each account has its own
        http.Timeout = Timeout.InfiniteTimeSpan; // the pipeline has one for each purpose
        http.DefaultRequestHeaders.UserAgent.Add(new("Fleet", ProgramVersion.Text));
        http.DefaultRequestHeaders.Accept.Add(new("application/json"));
        http.DefaultRequestHeaders.Accept.Add(new("application/problem+json"));
        http.DefaultRequestHeaders.Add("X-Sumup-Api-Version", "1.0.0");
    }

    /// <summary>It follows no redirects, keeps no cookies, decompresses nothing, and uses no proxy.</summary>
    private static HttpMessageHandler BuildConnections() => new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null, // our traces are no matter of the cloud's
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        MaxResponseHeadersLength = MaxHeadersKb,
        PooledConnectionIdleTimeout = MaxIdle,
        PooledConnectionLifetime = MaxConnection,
        UseCookies = false,
        UseProxy = false,
    };
}

using Fleet.Protocol.V1;
using Fleet.Server.Api.Rest;
using Fleet.Server.Settings;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Health.V1;
using Grpc.Reflection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fleet.Server.Api.Rpc;

internal static class RpcSetup
{
    /// <summary>Largest message to Fleet, the same as for a body of the Cloud API.</summary>
    private const int MaxReceived = JsonBody.MaxBytes;

    /// <summary>Largest message from Fleet: the state of all stores of a chain.</summary>
    private const int MaxSent = 4 * 1024 * 1024;

    /// <summary>Registers gRPC, and the same methods as JSON below <c>/fleet/v1</c>.</summary>
    public static void AddRpc(this WebApplicationBuilder builder, FleetOptions options)
    {
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxReceived;
            grpc.MaxSendMessageSize = MaxSent;
            // The library's routes for unknown methods would match any path of two segments, with any method of HTTP.
            grpc.IgnoreUnknownServices = true;
            grpc.Interceptors.Add<FaultInterceptor>();
        }).AddJsonTranscoding(json => // the types that details of a status can have
            json.TypeRegistry = TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor));
        builder.Services.AddGrpcHealthChecks().AddCheck<ReadyCheck>("ready");
        builder.Services.AddSingleton<WebhookCommands>();
        builder.Services.AddSingleton<ReaderQueries>();
        builder.Services.AddSingleton<BoardWatch>();
        builder.Services.AddSingleton<ReaderCommands>();
        builder.Services.AddSingleton<SettingsCommands>();
        builder.Services.AddSingleton<BulkChanges>();
        builder.Services.AddSingleton<CloudAdoption>();
        builder.Services.AddSingleton<PresenceRefresh>();
        builder.Services.AddSingleton<FleetStatusQuery>();
        builder.Services.AddSingleton<TestReaderCommands>();
        builder.Services.AddSingleton<TestReaderWatch>();
        builder.Services.AddSingleton<NodeAddresses>();
        builder.Services.AddSingleton<TestReaderHost>();
        builder.Services.AddSingleton<SandboxReaders>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TestReaderHost>());
        if (options.Sandbox) builder.AddReflection();
    }

    public static void MapRpc(this WebApplication app, FleetOptions options)
    {
        app.MapGrpcService<CheckoutsRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<ReadersRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<SettingsRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<StoresRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<FleetStatusRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<KeysRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<AuditRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<WebhooksRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<MerchantsRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<ReconciliationRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<TotalsRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<DevicesRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<IncidentsRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<RetentionRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcService<TestReadersRpc>().Add(RpcRequests.GuardRoute);
        app.MapGrpcHealthChecksService();
        if (options.Sandbox) app.MapGrpcReflectionService();
    }

    /// <summary>
    /// Registers reflection of all mapped services, and of the details of a status, which no service names: without it
    /// a client such as grpcurl cannot show a refusal.
    /// </summary>
    private static void AddReflection(this WebApplicationBuilder builder)
    {
        builder.Services.AddGrpcReflection();
        builder.Services.AddSingleton(services => new ReflectionServiceImpl(ServiceNames(services), Symbols));
        builder.Services.AddSingleton(services => new ReflectionV1ServiceImpl(ServiceNames(services), Symbols));
    }

    private static readonly SymbolRegistry Symbols = SymbolRegistry.FromFiles(
    [
        CheckoutsReflection.Descriptor, ReadersReflection.Descriptor, StoresReflection.Descriptor,
        FleetReflection.Descriptor, KeysReflection.Descriptor, AuditReflection.Descriptor,
        WebhooksReflection.Descriptor, HealthReflection.Descriptor, StatusReflection.Descriptor,
        ErrorDetailsReflection.Descriptor, MerchantsReflection.Descriptor, ReconciliationReflection.Descriptor,
        TestsReflection.Descriptor, TotalsReflection.Descriptor, SettingsReflection.Descriptor,
        IncidentsReflection.Descriptor, DevicesReflection.Descriptor, RetentionReflection.Descriptor,
    ]);

    private static IEnumerable<string> ServiceNames(IServiceProvider services) =>
        services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(route => route.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>().Distinct().Order();

    /// <summary>Whether this node takes requests, as <c>/health/ready</c> reports it.</summary>
    private sealed class ReadyCheck(NodeLeaving node) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(node.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
    }
}

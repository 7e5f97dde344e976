using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;

namespace Fleet.Server.Tests;

/// <summary>What a tool such as grpcurl learns from the server itself.</summary>
public sealed class ReflectionTests
{
    [Fact]
    public async Task A_tool_finds_every_service_and_every_detail_that_a_refusal_can_have()
    {
        await using var fleet = await FleetApp.Start(null, "--sandbox=true", "--sandbox-readers=false");
        using var channel = GrpcChannel.ForAddress(fleet.GrpcAddress);
        using var call = new ServerReflection.ServerReflectionClient(channel)
            .ServerReflectionInfo(cancellationToken: TestContext.Current.CancellationToken);
        string[] details = [ErrorInfo.Descriptor.FullName, BadRequest.Descriptor.FullName, Status.Descriptor.FullName];
        foreach (var symbol in details)
        {
            var files =
                (await Ask(call, new() { FileContainingSymbol = symbol })).FileDescriptorResponse?.FileDescriptorProto;
            Assert.NotNull(files);
            Assert.Contains(files, file => FileDescriptorProto.Parser.ParseFrom(file) is var one
                && one.MessageType.Any(message => $"{one.Package}.{message.Name}" == symbol));
        }
        var services = (await Ask(call, new() { ListServices = "" })).ListServicesResponse.Service.Select(
            service => service.Name);

        Assert.Superset(
            new HashSet<string> { "fleet.v1.Checkouts", "fleet.v1.Readers", "fleet.v1.Stores",
                "grpc.health.v1.Health" }, services.ToHashSet());
    }

    private static async Task<ServerReflectionResponse> Ask(
        Grpc.Core.AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call,
        ServerReflectionRequest ask)
    {
        await call.RequestStream.WriteAsync(ask, TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current;
    }
}

using Fleet.Protocol;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>A caller of all of Fleet over gRPC, with one key.</summary>
internal sealed class RpcCaller : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly FleetApp _fleet;

    public RpcCaller(FleetApp fleet, string key = FleetApp.Key)
    {
        (_fleet, _channel) = (fleet, GrpcChannel.ForAddress(fleet.GrpcAddress));
        Headers = new() { { "authorization", $"Bearer {key}" } };
        (Stores, Readers, Checkouts, Status) = (new(_channel), new(_channel), new(_channel), new(_channel));
        (Webhooks, Tests, Settings) = (new(_channel), new(_channel), new(_channel));
    }

    public Metadata Headers { get; }

    public Proto.Stores.StoresClient Stores { get; }

    public Proto.Readers.ReadersClient Readers { get; }

    public Proto.Checkouts.CheckoutsClient Checkouts { get; }

    public Proto.FleetStatus.FleetStatusClient Status { get; }

    public Proto.Webhooks.WebhooksClient Webhooks { get; }

    public Proto.TestReaders.TestReadersClient Tests { get; }

    public Proto.Settings.SettingsClient Settings { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A new store; its name is its id.</summary>
    public async Task<string> Store(string id)
    {
        await Stores.CreateAsync(new() { Store = id }, Headers, cancellationToken: Cancel);
        return id;
    }

    public async Task<Proto.StoreBoard> Board(string store) =>
        await Stores.BoardAsync(new() { Store = store }, Headers, cancellationToken: Cancel);

    /// <summary>Who waits in a store.</summary>
    public async Task<int> Waiting(string store) => (await Board(store)).Queue.Count;

    /// <summary>How one reader is, as the board of its store has it.</summary>
    public async Task<Proto.Presence> Presence(string store, TestDevice device) =>
        (await Board(store)).Readers.SingleOrDefault(reader => reader.ReaderId == device.ReaderId)?.Presence
            ?? Proto.Presence.Unspecified;

    /// <summary>A device that is paired into a store, connected and idle, and on the board like that.</summary>
    public async Task<TestDevice> Paired(
        string store, string name = "Lane", string[]? tags = null, string? firmware = null)
    {
        var device = await _fleet.Device();
        device.Firmware = firmware ?? device.Firmware;
        await Pair(device, store, name, tags ?? []);
        await Eventually.Equal(Proto.Presence.Free, () => Presence(store, device));
        return device;
    }

    public async Task<Proto.Reader> Get(TestDevice device) =>
        await Readers.GetAsync(new() { ReaderId = device.ReaderId }, Headers, cancellationToken: Cancel);

    public async Task Move(TestDevice device, string store) =>
        await Readers.MoveAsync(
            new() { ReaderId = device.ReaderId, Store = store }, Headers, cancellationToken: Cancel);

    /// <summary>Starts a checkout on a reader.</summary>
    public async Task<Proto.StartReply> Start(TestDevice device) =>
        await Checkouts.StartAsync(
            new() { ReaderId = device.ReaderId, TotalAmount = Amount() }, Headers, cancellationToken: Cancel);

    /// <summary>Starts a checkout on whatever reader fits.</summary>
    public AsyncUnaryCall<Proto.StartReply> Route(
        Proto.RouteRequest route, string key = "", CancellationToken? cancel = null) =>
        Checkouts.StartAsync(new() { Route = route, TotalAmount = Amount(), IdempotencyKey = key }, Headers,
            cancellationToken: cancel ?? Cancel);

    public void Dispose() => _channel.Dispose();

    private async Task Pair(TestDevice device, string store, string name, string[] tags)
    {
        await device.Introduce();
        var ask = new Proto.PairRequest
        {
            PairingCode = (await device.Expect<PairingCode>()).Code, Name = name, Store = store,
        };
        ask.Tags.Add(tags);
        await Readers.PairAsync(ask, Headers, cancellationToken: Cancel);
        await device.ConfirmPairing();
    }

    private static Proto.Money Amount() => new() { Currency = "EUR", MinorUnit = 2, Value = 1500 };
}

internal static class RpcRefusals
{
    /// <summary>Why a call was refused, and the fields that were wrong: <c>VALIDATION_ERROR store</c>.</summary>
    public static async Task<string> Refused<T>(this AsyncUnaryCall<T> call)
    {
        var refused = (await Assert.ThrowsAsync<RpcException>(async () => await call)).GetRpcStatus();
        var fields = refused?.GetDetail<BadRequest>()?.FieldViolations.Select(field => field.Field)
            .Order() ?? Enumerable.Empty<string>();
        return $"{refused?.GetDetail<ErrorInfo>()?.Reason} {string.Join(',', fields)}".Trim();
    }

    /// <summary>Why no reader was free: reason, and how many that fit are busy and offline.</summary>
    public static async Task<string> Counted<T>(this AsyncUnaryCall<T> call)
    {
        var info = (await Assert.ThrowsAsync<RpcException>(async () => await call))
            .GetRpcStatus()?.GetDetail<ErrorInfo>();
        return $"{info?.Reason} {info?.Metadata["busy"]} {info?.Metadata["offline"]}";
    }
}

using System.Net;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Grains call in one direction: none waits for a grain that waits for it.</summary>
public sealed class CallDirectionTests : IAsyncLifetime
{
    private readonly CallDirection _calls = new();
    private FleetApp? _app;
    private RpcCaller? _caller;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FleetApp Fleet => _app ?? throw new InvalidOperationException("The node is not running.");

    private RpcCaller Caller => _caller ?? throw new InvalidOperationException("The node is not running.");

    public async ValueTask InitializeAsync()
    {
        _app = await FleetApp.Start(builder => builder.Services
            .AddSingleton<IIncomingGrainCallFilter>(_calls).AddSingleton<IOutgoingGrainCallFilter>(_calls));
        _caller = new(_app);
    }

    public async ValueTask DisposeAsync()
    {
        _caller?.Dispose();
        await Fleet.DisposeAsync();
    }

    [Fact]
    public async Task Pairing_a_device_and_pairing_it_again_call_no_grain_back()
    {
        await using var device = await Fleet.PairedDevice();
        var first = device.ReaderId;
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        Fleet.Pass(60);
        using var again = await Fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        await device.ConfirmPairing();

        Assert.NotEqual(first, device.ReaderId);
        AssertNoneWentUp();
    }

    [Fact]
    public async Task A_pairing_that_loses_to_another_code_calls_no_grain_back()
    {
        await using var device = await Fleet.Device();
        await using var twin = await Fleet.Device(device.Serial);
        var codes = await Task.WhenAll(new[] { device, twin }.Select(ShownCode));
        var answers = await Task.WhenAll(codes.Select(async code =>
        {
            using var answer = await Fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
            return answer.StatusCode;
        }));

        Assert.Contains(HttpStatusCode.Created, answers);
        AssertNoneWentUp();
    }

    [Fact]
    public async Task Moving_paying_terminating_and_unpairing_call_no_grain_back()
    {
        var (from, to) = (await Caller.Store("from"), await Caller.Store("to"));
        await using var device = await Caller.Paired(from);
        await Caller.Move(device, to);
        await Eventually.Equal(Proto.Presence.Free, () => Caller.Presence(to, device));
        var routed = await Caller.Route(new() { Store = to });
        await device.Pay();
        Assert.Equal("successful", await Fleet.Till.Outcome(device.ReaderId, Guid.Parse(routed.CheckoutId)));
        await Caller.Start(device);
        await Caller.Checkouts.TerminateAsync(
            new() { ReaderId = device.ReaderId }, Caller.Headers, cancellationToken: Cancel);
        await Fleet.ForgetStore(to);
        await Fleet.Forget(device.ReaderId);
        Assert.Single((await Caller.Board(to)).Readers);
        await Caller.Readers.UnpairAsync(
            new() { ReaderId = device.ReaderId }, Caller.Headers, cancellationToken: Cancel);

        Assert.Empty((await Caller.Board(to)).Readers);
        AssertNoneWentUp();
    }

    [Fact]
    public async Task Pairing_and_changing_many_readers_call_no_grain_back()
    {
        var (from, to) = (await Caller.Store("from"), await Caller.Store("to"));
        var devices = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Fleet.Device()));
        var codes = await Task.WhenAll(devices.Select(ShownCode));
        await PairMany(from, codes, dryRun: true);
        await PairMany(from, codes, dryRun: false);
        foreach (var device in devices) await device.ConfirmPairing();
        await ChangeMany(devices.Select(device =>
            new Proto.ReaderChange { Move = new() { ReaderId = device.ReaderId, Store = to } }));
        await ChangeMany(devices.Select(device =>
            new Proto.ReaderChange { Unpair = new() { ReaderId = device.ReaderId } }));

        AssertNoneWentUp();
        foreach (var device in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task Settings_of_a_reader_and_of_its_store_call_no_grain_back()
    {
        await using var device = await Fleet.LockableDevice();
        var own = Fleet.Till.Patch(
            $"readers/{device.ReaderId}/settings", new { menu_lock = new { passcode = "1234" } });
        await device.Apply();
        using var applied = await own;
        using var cleared = await Fleet.Till.Delete($"/fleet/v1/readers/{device.ReaderId}/settings");
        using var said = await Fleet.Till.Patch(
            "/fleet/v1/stores/default/settings", new { menu_lock = new { enabled = true, passcode = "4321" } });
        Assert.Equal("4321", (await device.Apply()).Passcode);
        using var unpaired = await Fleet.Till.Delete($"readers/{device.ReaderId}");

        Assert.Equal(HttpStatusCode.OK, unpaired.StatusCode);
        AssertNoneWentUp();
    }

    [Fact]
    public async Task A_pairing_asked_of_a_store_as_older_nodes_do_is_the_one_way_up()
    {
        await using var device = await Fleet.Device();
        var ask = new PairReader(
            FleetApp.Merchant, true, RandomIds.NewReaderId(), await ShownCode(device), "Lane", null, []);

        Assert.Null(await Fleet.Store("default").TryPair(ask));
        Assert.Equal(ask.ReaderId, (await Fleet.Store("default").PairReader(ask)).Reader?.Id);
        await device.ConfirmPairing();
        Assert.Contains(_calls.Upwards, call => call.StartsWith("store/", StringComparison.Ordinal));
    }

    private void AssertNoneWentUp()
    {
        Assert.True(_calls.Calls > 0);
        Assert.Equal("", string.Join('\n', _calls.Upwards));
    }

    private async Task PairMany(string store, IEnumerable<string> codes, bool dryRun)
    {
        var readers = codes.Select(code => new Proto.PairRequest { PairingCode = code, Name = "Lane", Store = store });
        using var many = Caller.Readers.PairMany(
            new() { DryRun = dryRun, Readers = { readers } }, Caller.Headers, cancellationToken: Cancel);
        await AssertAllDone(many.ResponseStream);
    }

    private async Task ChangeMany(IEnumerable<Proto.ReaderChange> changes)
    {
        using var many = Caller.Readers.ChangeMany(
            new() { Changes = { changes } }, Caller.Headers, cancellationToken: Cancel);
        await AssertAllDone(many.ResponseStream);
    }

    private static async Task AssertAllDone(IAsyncStreamReader<Proto.ChangeResult> results) =>
        Assert.All(await results.ReadAllAsync(Cancel).ToListAsync(Cancel),
            result => Assert.True(result.Done, $"{result.Refused}"));

    private static async Task<string> ShownCode(TestDevice device)
    {
        await device.Introduce();
        return (await device.Expect<PairingCode>()).Code;
    }
}

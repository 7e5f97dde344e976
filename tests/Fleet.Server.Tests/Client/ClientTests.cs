using Fleet.Client;
using Fleet.Core.Errors;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>The client package against a node: errors, waits, lists and streams.</summary>
public sealed class ClientTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_payment_is_started_waited_for_and_watched()
    {
        using var client = Connect();
        await using var device = await fleet.PairedDevice();
        var started = await client.StartCheckout(Coffee(device), Cancel);
        var waiting = client.WaitForOutcome(started.CheckoutId, Cancel);
        var watching = Kinds(client.WatchCheckout(started.CheckoutId, Cancel));

        await device.Pay();

        Assert.Equal(Proto.State.Successful, (await waiting).State);
        Assert.Equal("succeeded", (await watching)[^1]);
    }

    [Fact]
    public async Task A_refusal_tells_its_reason_its_holder_and_its_fields()
    {
        using var client = Connect();
        await using var device = await fleet.PairedDevice();
        var started = await client.StartCheckout(Coffee(device), Cancel);

        var busy = await Assert.ThrowsAsync<FleetException>(() => client.StartCheckout(Coffee(device), Cancel));
        var invalid = await Assert.ThrowsAsync<FleetException>(
            () => client.StartCheckout(new() { ReaderId = device.ReaderId }, Cancel));

        Assert.Equal(("READER_BUSY", CallOutcome.NotDone), (busy.Reason, busy.Outcome));
        Assert.Equal("There is a pending checkout for the device.", busy.Message);
        Assert.Equal((started.CheckoutId, "accepted"), (busy.Holder?.CheckoutId, busy.Holder?.State));
        Assert.Equal(fleet.Clock.GetUtcNow().AddSeconds(60), busy.Holder?.BusyUntil);
        Assert.Equal(("VALIDATION_ERROR", "total_amount"), (invalid.Reason, invalid.Fields[0].Name));
        Assert.Equal(StatusCode.InvalidArgument, invalid.StatusCode);
    }

    [Fact]
    public async Task What_the_key_may_not_do_has_the_public_word()
    {
        using var stranger = Connect("wrong-key");
        using var reader = Connect(FleetApp.ReadOnlyKey);

        Assert.Equal("INVALID_ACCESS_TOKEN", await Refused(() => stranger.WaitForOutcome($"{Guid.NewGuid()}", Cancel)));
        Assert.Equal("FORBIDDEN", await Refused(async () =>
            await reader.Stores.CreateAsync(new() { Store = "s1" }, cancellationToken: Cancel)));
        Assert.Equal("NOT_FOUND", await Refused(() => Kinds(Connect().WatchCheckout($"{Guid.NewGuid()}", Cancel))));
    }

    [Fact]
    public async Task Lists_have_all_pages()
    {
        using var chain = new FleetClient(
            fleet.GrpcAddress, FleetApp.ChainKey, new() { Merchant = FleetApp.OtherMerchant });
        foreach (var store in new[] { "north", "south" })
            await chain.Stores.CreateAsync(new() { Store = store }, cancellationToken: Cancel);
        using var all = Connect(FleetApp.ChainKey);
        using var client = Connect();
        await using var one = await fleet.PairedDevice("Page 1");
        await using var two = await fleet.PairedDevice("Page 2");

        Assert.Equal(["default", "north", "south"],
            (await All(chain.ListStores(new() { PageSize = 1 }, Cancel))).Select(store => store.Store_).Order());
        Assert.Equal([FleetApp.LiveMerchant, FleetApp.OtherMerchant, FleetApp.Merchant],
            (await All(all.ListMerchants(new() { PageSize = 1 }, Cancel)))
                .Select(merchant => merchant.MerchantCode).Order());
        Assert.Equal(["Page 1", "Page 2"],
            (await All(client.ListReaders(new() { PageSize = 1, Text = "Page" }, Cancel)))
                .Select(reader => reader.Name).Order());
    }

    [Fact]
    public async Task A_reader_is_watched_until_it_is_unpaired()
    {
        using var client = Connect();
        await using var device = await fleet.PairedDevice("Watched");
        var names = new List<string>();

        await foreach (var reader in client.WatchReader(device.ReaderId, Cancel))
        {
            names.Add(reader.Name);
            fleet.Pass(1); // a change is seen by its time
            if (reader.Name == "Watched")
                await client.Readers.RenameAsync(Rename(device, "Seen"), cancellationToken: Cancel);
            else
                await client.Readers.UnpairAsync(new() { ReaderId = device.ReaderId }, cancellationToken: Cancel);
        }

        Assert.Equal(("Watched", "Seen"), (names[0], names[^1]));
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(11, 30)]
    [InlineData(4, -1)]
    [InlineData(4, 3601)]
    public void Numbers_outside_their_range_are_refused(int tries, int repeatWithin) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FleetClient(fleet.GrpcAddress, FleetApp.Key,
            new() { Tries = tries, RepeatWithin = TimeSpan.FromSeconds(repeatWithin) }));

    [Fact]
    public void A_method_is_marked_as_a_read_exactly_when_it_changes_nothing()
    {
        var methods = Operation.Of(fleet).Where(one => one.IsNative).ToList();

        Assert.NotEmpty(methods);
        Assert.Empty(methods.Where(one => one.Changes == IsMarked(one.Method)).Select(one => one.Name));
    }

    [Fact]
    public void The_client_has_every_service_and_repeats_every_method_that_is_marked()
    {
        var services = RpcContract.Files.SelectMany(file => file.Services).ToList();

        Assert.Equal(services.Select(service => $"{service.Name}Client").Order(),
            typeof(FleetClient).GetProperties().Select(property => property.PropertyType.Name).Order());
        Assert.Empty(services.SelectMany(service => service.Methods)
            .Where(method => CallKind.Of($"/{method.Service.FullName}/{method.Name}", null).Changes == IsMarked(method))
            .Select(method => method.FullName));
    }

    [Fact]
    public void Every_status_has_a_word_of_the_list_of_errors() =>
        Assert.All(Enum.GetValues<StatusCode>(),
            status => Assert.NotNull(ErrorCatalogue.Find(FailureRules.ReasonOf(status))));

    private static bool IsMarked(MethodDescriptor? method) =>
        method?.GetOptions()?.IdempotencyLevel is MethodOptions.Types.IdempotencyLevel.NoSideEffects;

    private static Proto.StartRequest Coffee(TestDevice device) => new()
    {
        ReaderId = device.ReaderId, TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
    };

    private static Proto.RenameRequest Rename(TestDevice device, string name) =>
        new() { ReaderId = device.ReaderId, Name = name };

    private static async Task<string> Refused(Func<Task> call) =>
        (await Assert.ThrowsAsync<FleetException>(call)).Reason;

    private static async Task<List<string>> Kinds(IAsyncEnumerable<Proto.CheckoutEvent> events) =>
        [.. (await All(events)).Select(one => one.Kind)];

    private static async Task<List<T>> All<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (var item in items) all.Add(item);
        return all;
    }

    private FleetClient Connect(string key = FleetApp.Key) => new(fleet.GrpcAddress, key);
}

using Fleet.Protocol;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>Many readers in one call, each with its own result.</summary>
public sealed class BulkTests(FleetApp fleet) : IClassFixture<FleetApp>, IDisposable
{
    private const string Nobody = "rdr_00000000000000000000000000";

    private readonly RpcCaller _caller = new(fleet);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _caller.Dispose();

    [Fact]
    public async Task Good_and_bad_devices_are_paired_side_by_side()
    {
        var store = await _caller.Store("bulk-pair");
        var devices = await Showing(3);
        var ask =
            new Proto.PairManyRequest
            {
                Readers = { devices.Select(
                (one, i) => new Proto.PairRequest { PairingCode = one.Code, Name = $"Lane {i}", Store = store }) }
            };
        ask.Readers[1].Tags.Add("bar");
        ask.Readers.Insert(1, new Proto.PairRequest { PairingCode = "no", Store = store });
        ask.Readers.Add(new Proto.PairRequest { PairingCode = "ZZZZ7777", Name = "Lane", Store = store });
        ask.Readers.Add(new Proto.PairRequest
        {
            PairingCode = devices[0].Code, Name = "Lane", Store = "no-such-store",
        });
        var tried = await Pair(ask, dryRun: true);
        Assert.Equal(
            "0 done,1 VALIDATION_ERROR name pairing_code,2 done,3 done,4 PAIRING_CODE_UNKNOWN,5 VALIDATION_ERROR store",
                Told(tried));
        Assert.Empty((await _caller.Board(store)).Readers);

        var results = await Pair(ask, dryRun: false);
        Assert.Equal(Told(tried), Told(results));
        Assert.Equal([1, 2, 3, 4, 5, 6], results.Select(result => result.Finished));
        foreach (var (device, _) in devices) await device.ConfirmPairing();
        var board = await _caller.Board(store);
        Assert.Equal(devices.Select(one => one.Device.ReaderId).Order(),
            board.Readers.Select(reader => reader.ReaderId).Order());
        Assert.Equal(devices.Select(one => one.Device.ReaderId).Order(),
            results.Where(result => result.Done).Select(result => result.ReaderId).Order());
        Assert.Equal(["bar"], (await _caller.Get(devices[1].Device)).Tags);
        foreach (var (device, _) in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task Each_change_has_its_own_result_and_a_dry_run_changes_nothing()
    {
        var (store, other) = (await _caller.Store("bulk-from"), await _caller.Store("bulk-to"));
        await using var renamed = await _caller.Paired(store, "old");
        await using var moved = await _caller.Paired(store);
        await using var unpaired = await _caller.Paired(store);
        await using var ended = await _caller.Paired(store);
        await using var gone = await _caller.Paired(store);
        var checkout = await _caller.Start(ended);
        await gone.HangUp();
        await Eventually.Equal(Proto.Presence.Offline, () => _caller.Presence(store, gone));
        Proto.ReaderChange[] changes =
        [
            new() { Rename = new() { ReaderId = renamed.ReaderId, Name = "new" } },
            new() { Move = new() { ReaderId = moved.ReaderId, Store = other, Tags = new() { Values = { "bar" } } } },
            new() { Unpair = new() { ReaderId = unpaired.ReaderId } },
            new() { Terminate = new() { ReaderId = ended.ReaderId, ExpectedCheckoutId = checkout.CheckoutId } },
            new() { Terminate = new() { ReaderId = gone.ReaderId } },
            new() { Rename = new() { ReaderId = Nobody, Name = "new" } },
            new() { Rename = new() { ReaderId = "no-id", Name = "new" } },
            new() { Rename = new() { ReaderId = gone.ReaderId } },
            new() { Move = new() { ReaderId = gone.ReaderId, Store = "no-such-store" } },
            new() { Move = new() { ReaderId = gone.ReaderId } },
            new(),
        ];
        const string Expected =
            "0 done,1 done,2 done,3 done,4 READER_OFFLINE,5 NOT_FOUND,6 NOT_FOUND,7 VALIDATION_ERROR name,"
                + "8 VALIDATION_ERROR store,9 VALIDATION_ERROR store,10 VALIDATION_ERROR change";
        Assert.Equal(Expected, Told(await Change(changes, dryRun: true)));
        Assert.Equal(("old", store), ((await _caller.Get(renamed)).Name, (await _caller.Get(moved)).Store));
        Assert.Equal(5, (await _caller.Board(store)).Readers.Count);
        Assert.Equal("pending", await fleet.Till.Outcome(ended.ReaderId, Guid.Parse(checkout.CheckoutId)));

        var results = await Change(changes, dryRun: false);
        Assert.Equal(Expected, Told(results));
        Assert.Equal(Enumerable.Range(1, changes.Length), results.Select(result => result.Finished));
        var there = await _caller.Get(moved);
        Assert.Equal(("new", other, "bar"),
            ((await _caller.Get(renamed)).Name, there.Store, Assert.Single(there.Tags)));
        Assert.Equal("NOT_FOUND",
            await _caller.Readers.GetAsync(
                new() { ReaderId = unpaired.ReaderId }, _caller.Headers, cancellationToken: Cancel).Refused());
        Assert.StartsWith("cancelled", await fleet.Till.Outcome(ended.ReaderId, Guid.Parse(checkout.CheckoutId)),
            StringComparison.Ordinal);
    }

    /// <summary>A till that missed the answer of its terminate asks again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dry_run_of_a_terminate_says_what_the_terminate_says(bool online)
    {
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        if (!online) await GoOffline(device);
        Assert.Equal("0 done", await Terminate(checkout, dryRun: true));
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
        Assert.Equal("0 done", await Terminate(checkout, dryRun: false));
        Assert.Equal("cancelled/terminated", await fleet.Till.Outcome(device.ReaderId, checkout));

        foreach (var dryRun in new[] { true, false })
        {
            Assert.Equal("0 done", await Terminate(checkout, dryRun));
            Assert.Equal(online ? "0 CHECKOUT_NOT_OPEN" : "0 READER_OFFLINE", await Terminate(Guid.NewGuid(), dryRun));
            Assert.Equal(online ? "0 done" : "0 READER_OFFLINE", await Terminate(null, dryRun));
        }

        async Task<string> Terminate(Guid? expected, bool dryRun)
        {
            var change = new Proto.TerminateRequest { ReaderId = device.ReaderId };
            if (expected is { } id) change.ExpectedCheckoutId = $"{id}";
            return Told(await Change([new() { Terminate = change }], dryRun));
        }
    }

    [Fact]
    public async Task Two_hundred_readers_are_paired_and_renamed_in_one_call_each()
    {
        const int Count = 200;
        var store = await _caller.Store("bulk-many");
        var devices = await Showing(Count);
        var paired = await Pair(new()
        {
            Readers =
                { devices.Select(
                    (one, i) => new Proto.PairRequest { PairingCode = one.Code, Name = $"Lane {i}", Store = store }) },
        }, dryRun: false);
        Assert.All(paired, result => Assert.True(result.Done, $"{result.Refused}"));
        var changes = paired.Select(
            result =>
                new Proto.ReaderChange
                {
                    Rename = new()
                    {
                        ReaderId = result.ReaderId,
                        Name = $"Till {result.Index}"
                    }
                });
        var renamed = await Change(changes, dryRun: false);

        Assert.All(renamed, result => Assert.True(result.Done, $"{result.Refused}"));
        Assert.Equal(Enumerable.Range(1, Count), renamed.Select(result => result.Finished));
        Assert.Equal(Enumerable.Range(0, Count), renamed.Select(result => result.Index).Order());
        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"Till {i}").Order(),
            (await _caller.Board(store)).Readers.Select(reader => reader.Name).Order());
        foreach (var (device, _) in devices) await device.DisposeAsync();
    }

    [Fact]
    public async Task More_than_five_hundred_items_are_refused()
    {
        var many =
            new Proto.ChangeManyRequest
            {
                Changes = { Enumerable.Repeat(
                new Proto.ReaderChange { Unpair = new() { ReaderId = Nobody } }, 501) }
            };
        using var changing = _caller.Readers.ChangeMany(many, _caller.Headers, cancellationToken: Cancel);
        using var pairing = _caller.Readers.PairMany(
            new() { Readers = { Enumerable.Repeat(new Proto.PairRequest(), 501) } }, _caller.Headers,
            cancellationToken: Cancel);

        foreach (var stream in new Func<Task>[]
        {
            () => changing.ResponseStream.MoveNext(Cancel), () => pairing.ResponseStream.MoveNext(Cancel),
        })
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(stream)).StatusCode);
        many.Changes.RemoveAt(0);
        Assert.All(await Change(many.Changes, dryRun: false),
            result => Assert.Equal("NOT_FOUND", result.Refused.Reason));
    }

    [Fact]
    public async Task A_key_of_one_store_changes_no_reader_of_another()
    {
        var (mine, other) = (await _caller.Store("bulk-mine"), await _caller.Store("bulk-theirs"));
        await using var here = await _caller.Paired(mine);
        await using var there = await _caller.Paired(other);
        string[] scopes = ["readers.read", "readers.write"];
        using var clerk = new RpcCaller(
            fleet, (await fleet.Till.MakeKey(new { name = "one store", scopes, store = mine })).Key);
        Proto.ReaderChange[] changes =
        [
            new() { Rename = new() { ReaderId = here.ReaderId, Name = "mine" } },
            new() { Rename = new() { ReaderId = there.ReaderId, Name = "mine" } },
            new() { Move = new() { ReaderId = here.ReaderId, Store = other } },
        ];

        Assert.Equal("0 done,1 NOT_FOUND,2 VALIDATION_ERROR store", Told(await Change(changes, dryRun: true, clerk)));
        Assert.Equal("0 done,1 NOT_FOUND,2 VALIDATION_ERROR store", Told(await Change(changes, dryRun: false, clerk)));
        Assert.Equal((mine, other), ((await _caller.Get(here)).Store, (await _caller.Get(there)).Store));
    }

    private static string Told(IEnumerable<Proto.ChangeResult> results) =>
        string.Join(',', results.OrderBy(result => result.Index).Select(result =>
        $"{result.Index} " + (result.Done ? "done" : string.Join(' ',
            result.Refused.Fields.Select(field => field.Name).Order().Prepend(result.Refused.Reason)))));

    private async Task<List<Proto.ChangeResult>> Change(
        IEnumerable<Proto.ReaderChange> changes, bool dryRun, RpcCaller? caller = null)
    {
        var (who, ask) = (caller ?? _caller, new Proto.ChangeManyRequest { DryRun = dryRun, Changes = { changes } });
        using var many = who.Readers.ChangeMany(ask, who.Headers, cancellationToken: Cancel);
        return await many.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
    }

    private async Task GoOffline(TestDevice device)
    {
        await device.HangUp();
        await fleet.Till.Becomes(device.ReaderId, "OFFLINE");
    }

    private async Task<List<Proto.ChangeResult>> Pair(Proto.PairManyRequest ask, bool dryRun)
    {
        ask.DryRun = dryRun;
        using var many = _caller.Readers.PairMany(ask, _caller.Headers, cancellationToken: Cancel);
        return await many.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel);
    }

    /// <summary>Devices that show their codes.</summary>
    private async Task<(TestDevice Device, string Code)[]> Showing(int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            var device = await fleet.Device();
            await device.Introduce();
            return (device, (await device.Expect<PairingCode>()).Code);
        }));
}

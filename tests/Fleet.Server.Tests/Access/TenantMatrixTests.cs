using Fleet.Core.Access;


namespace Fleet.Server.Tests;

/// <summary>
/// Every operation with every kind of key: objects beyond a key's reach are answered as if they did not exist.
/// </summary>
public sealed class TenantMatrixTests(TenantWorld world) : IClassFixture<TenantWorld>
{
    private const Scopes Reading =
        Scopes.ReadersRead | Scopes.CheckoutsRead | Scopes.TransactionsRead | Scopes.ReceiptsRead | Scopes.FleetRead;

    private readonly List<string> _wrong = [];
    private int _cells;

    [Fact]
    public void Every_operation_has_a_sample_and_every_sample_an_operation()
    {
        var routes = world.Operations.Select(one => one.Name).Concat(world.Operations.Select(one => one.Rpc))
            .OfType<string>().ToHashSet();

        Assert.NotEmpty(Operation.Methods);
        Assert.Empty(world.Operations.Where(one => !one.Samples.Any()).Select(one => one.Name));
        Assert.Empty(Operation.Methods.Except(world.Operations.Where(one => one.IsNative).Select(one => one.Name)));
        Assert.Empty(Sample.All.Select(one => one.Operation).Except(routes));
    }

    [Theory]
    [InlineData("no")]
    [InlineData("bad")]
    [InlineData("revoked")]
    public Task Without_a_good_key_nothing_is_told_and_nothing_changes(string key) =>
        Each(lists: true, async (operation, sample) =>
    {
        var told = await Tell(world.Caller(key), operation, sample, world.Mine, world.Theirs, Objects.Random);
        Same(401, operation, sample, told);
    });

    [Fact]
    public Task A_key_for_reading_reads_what_is_its_own_and_changes_nothing() =>
        Each(lists: true, async (operation, sample) =>
    {
        var (caller, required) = (world.Caller("reading"), operation.Required);
        if ((required.Needed & ~Reading) != 0)
        {
            Same(required.Lacking, operation, sample,
                await Tell(caller, operation, sample, world.Mine, world.Theirs, Objects.Random));
            return;
        }
        Check(!operation.Changes, operation, sample, "it changes something and a key for reading may");
        await Works(caller, operation, sample, world.Mine);
        await Foreign(caller, operation, sample, world.Mine, world.Theirs);
    });

    [Fact]
    public Task A_key_of_another_store_reaches_its_own_store_only() => Each(lists: false, async (operation, sample) =>
    {
        var caller = world.Caller("store");
        if (operation.Required.WholeMerchant)
        {
            Same(403, operation, sample, await Tell(caller, operation, sample, world.Here, world.Mine, Objects.Random));
            return;
        }
        await Foreign(caller, operation, sample, world.Here, world.Mine);
        await Works(caller, operation, sample, world.Here, world.Mine);
    });

    [Fact]
    public Task A_key_of_another_merchant_reaches_its_own_merchant_only() =>
        Each(lists: false, async (operation, sample) =>
    {
        var caller = world.Caller("other", FleetApp.OtherMerchant);
        Same(404, operation, sample,
        [
            await TellOne(caller, operation, sample, FleetApp.Merchant, world.Mine),
            await TellOne(caller, operation, sample, Objects.Random.Merchant, Objects.Random),
        ]);
        await Foreign(caller, operation, sample, world.Theirs, world.Mine);
        await Works(caller, operation, sample, world.Theirs, world.Mine);
    });

    [Fact]
    public Task A_key_with_all_rights_works_on_what_is_its_own() => Each(lists: false, (operation, sample) =>
        Works(world.Caller("full"), operation, sample, world.Here, world.Theirs));

    /// <summary>
    /// Goes through all operations, and looks whether one of them has changed anything of the merchant.
    /// </summary>
    private async Task Each(bool lists, Func<Operation, Sample, Task> test)
    {
        var (before, all) = (await world.State(), lists ? await world.Lists() : "");
        foreach (var operation in world.Operations)
        {
            foreach (var sample in operation.Samples) await test(operation, sample);
            if (!operation.Changes && operation != world.Operations[^1]) continue;
            var after = await world.State();
            Check(before == after, operation, operation.Samples.First(), $"it changed\n{before}\nto\n{after}");
            before = after;
        }
        if (lists) Assert.Equal(all, await world.Lists());
        TestContext.Current.TestOutputHelper?.WriteLine($"{world.Operations.Count} operations, {_cells} cells");
        Assert.True(_wrong.Count == 0, string.Join("\n\n", _wrong));
        Assert.True(_cells > world.Operations.Count);
    }

    /// <summary>An object of another merchant is answered like one that does not exist.</summary>
    private async Task Foreign(MatrixCaller caller, Operation operation, Sample sample, Objects own, Objects foreign)
    {
        if (sample.Beyond is Beyond.NamesNone) return; // it succeeds; the next test checks what it returns
        sample = world.Filled(sample, own.Reader);
        var told = await Tell(caller, operation, sample, foreign, Objects.Random);
        Same(sample.Beyond switch { Beyond.Gone => 404, Beyond.ItemGone => 200, Beyond.ForChain => 403, _ => null },
            operation, sample, told);
        if (sample.Beyond is Beyond.ItemGone)
            Check(told[0].Whole.Contains("NOT_FOUND", StringComparison.Ordinal), operation, sample, told[0].Whole);
        Check(!foreign.Secrets.Any(told[0].Whole.Contains), operation, sample, $"it told {told[0].Whole}");
    }

    /// <summary>What is the caller's own works, and shows nothing of others.</summary>
    private async Task Works(
        MatrixCaller caller, Operation operation, Sample sample, Objects own, Objects? others = null)
    {
        if (sample.Beyond is Beyond.ForChain)
        {
            var refused = await caller.Call(operation, sample, own);
            Check(refused.Status == 403, operation, sample, refused.Whole);
            caller = world.Caller("chain");
            others = null;
        }
        var (ask, about) = await world.Works(operation, sample, own);
        _cells++;
        var told = await caller.Call(operation, ask, about);
        var works = told.Status == operation.OwnStatus(sample)
            && !told.Whole.Contains("\"refused\": {", StringComparison.Ordinal);
        Check(works, operation, sample, $"own: {told.Whole}");
        var foreign = others?.Secrets.Where(told.Whole.Contains) ?? [];
        Check(!foreign.Any(), operation, sample, $"it told of others: {told.Whole}");
    }

    private async Task<Told[]> Tell(MatrixCaller caller, Operation operation, Sample sample, params Objects[] about)
    {
        sample = world.Filled(sample, world.Mine.Reader);
        var told = new List<Told>();
        foreach (var one in about) told.Add(await TellOne(caller, operation, sample, null, one));
        return [.. told];
    }

    private async Task<Told> TellOne(
        MatrixCaller caller, Operation operation, Sample sample, string? named, Objects about)
    {
        _cells++;
        var told = await caller.Call(operation, world.Filled(sample, world.Mine.Reader), about, named);
        return told with { Whole = about.Blank(told.Whole) };
    }

    private void Same(int? status, Operation operation, Sample sample, Told[] told)
    {
        Check(status is null || told[0].Status == status, operation, sample, $"not {status}: {told[0].Whole}");
        foreach (var other in told[1..])
            Check(other == told[0], operation, sample, $"one: {told[0].Whole}\nother: {other.Whole}");
    }

    private void Check(bool right, Operation operation, Sample sample, string what)
    {
        if (!right) _wrong.Add($"{operation.Name} {sample.Message}: {what}");
    }
}

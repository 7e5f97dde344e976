using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>What is told of a reader with which SumUp has trouble.</summary>
public sealed class ReaderTroubleTests : IAsyncLifetime
{
    private const string Busy = """{"errors":{"type":"READER_BUSY","detail":"-"}}""";

    private CloudLane? _lane;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    private RpcCaller Caller => Lane.Rpc;

    private Shell Shell => Lane.Shell;

    public async ValueTask InitializeAsync() => _lane = await CloudLane.Open();

    public async ValueTask DisposeAsync()
    {
        if (_lane is not null) await _lane.DisposeAsync();
    }

    [Theory]
    [InlineData(401, "refused_key", "does not accept the API key")]
    [InlineData(403, "refused_key", "does not accept the API key")]
    [InlineData(404, "removed", "is not known to SumUp any more")]
    public async Task A_refusal_that_a_person_must_mend_is_told_on_the_board(int status, string code, string problem)
    {
        Lane.Cloud.Then(status, "{}");
        await Lane.Start();
        await Eventually.Equal(code, Trouble);
        Assert.Contains(problem, await Shell.Does("status"), StringComparison.Ordinal);
        Assert.Contains($", {code}", await Shell.Does("readers list"), StringComparison.Ordinal);
        await Lane.Fleet.Forget(Lane.ReaderId); // another activation knows it from the ledger
        await Lane.Till.HowIs(Lane.ReaderId);
        await Eventually.Equal(code, Trouble);

        Assert.Equal("201", (await Lane.Start()).Word);
        await Eventually.Equal("", Trouble);
    }

    [Fact]
    public async Task A_reader_that_is_refused_as_busy_three_times_is_stuck()
    {
        foreach (var tries in Enumerable.Range(1, 3))
        {
            Assert.Equal("", await Trouble());
            Lane.Cloud.Then(422, Busy);
            Assert.Equal((tries, "422 READER_BUSY"), (tries, (await Lane.Start()).Word));
        }
        await Eventually.Equal("stuck", Trouble);
        Assert.Contains("cancel the payment on it, or restart it", await Shell.Does("status"),
            StringComparison.Ordinal);
        Assert.Contains(", stuck", await Shell.Does("readers list"), StringComparison.Ordinal);
        await Eventually.Equal("reader_stuck 1", () => Lane.Till.OpenAbout("reader_id", Lane.ReaderId));

        Lane.Fleet.Pass(1);
        Assert.Equal("201", (await Lane.Start()).Word);
        await Eventually.Equal("resolved/ended/fleet", () => Lane.Till.NewestAbout("reader_id", Lane.ReaderId),
            () => Lane.Fleet.Pass(10));
    }

    [Fact]
    public async Task A_cloud_that_was_not_reached_is_told_with_where_to_look()
    {
        await Lane.Cloud.DisposeAsync();
        Assert.Equal("422 PROVIDER_UNAVAILABLE", (await Lane.Start()).Word);
        await Eventually.Equal("unreachable", Trouble);
        var trouble = (await Reader()).Trouble;
        Assert.Contains("'fleet status' says whether SumUp has trouble.", trouble.Advice, StringComparison.Ordinal);
        Assert.Equal(Lane.Fleet.Clock.GetUtcNow(), trouble.Since.ToDateTimeOffset());
    }

    private async Task<Proto.Reader> Reader() => (await Caller.Board("default")).Readers.Single();

    private async Task<string> Trouble() => (await Reader()).Trouble?.Code ?? "";
}

namespace Fleet.Server.Tests;

/// <summary>What a collector sees of the calls to SumUp's cloud, and of payments of which nothing is known.</summary>
public sealed class CloudMetricsTests : IAsyncLifetime
{
    private CloudLane? _lane;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    public async ValueTask InitializeAsync() => _lane = await CloudLane.Open();

    public ValueTask DisposeAsync() => _lane?.DisposeAsync() ?? default;

    [Fact]
    public async Task Without_calls_all_is_counted_from_nothing()
    {
        await using var fleet = await FleetApp.Start();
        var metrics = await Metrics.Of(fleet);
        Assert.All(["trouble", "breaker_open", "accounts", "budget_waiting"],
            name => Assert.Equal(0, metrics[$"fleet_cloud_{name}"]));
        Assert.Equal(0, metrics["fleet_checkout_unknown"]);
        Assert.All(["no_answer", "reset", "server_error", "bad_answer", "conflict", "rate_limited", "no_result"],
            doubt => Assert.Equal(0, metrics["fleet_checkout_doubted_total", ("doubt", doubt)]));
        Assert.All(["payment", "open_payment", "status", "sweep"],
            priority => Assert.Equal(0, metrics["fleet_cloud_budget_waiting", ("priority", priority)]));
    }

    [Fact]
    public async Task A_doubt_is_counted_and_measured_until_the_cloud_ends_it()
    {
        Lane.Cloud.Then(502, "{}");
        var (_, id) = await Lane.Start();
        await Eventually.Equal(1d, async () => (await Metrics.Of(Lane.Fleet))["fleet_checkout_unknown"]);
        Lane.Transaction = CloudLane.Paid(id);
        await Lane.Becomes(id, "successful");

        var metrics = await Metrics.Of(Lane.Fleet);
        Assert.Equal(1, metrics["fleet_checkout_doubted_total", ("doubt", "server_error")]);
        Assert.Equal(1, metrics["fleet_checkout_settle_duration_seconds_count", ("by", "cloud")]);
        Assert.InRange(metrics["fleet_checkout_settle_duration_seconds_sum"] ?? 0, 1, 60);
        Assert.Equal(1, metrics["fleet_cloud_call_duration_seconds_count",
            ("operation", "create_checkout"), ("result", "5xx")]);
        Assert.InRange(metrics["fleet_cloud_call_duration_seconds_count",
            ("operation", "read_transaction"), ("result", "2xx")] ?? 0, 1, 100);
        await Eventually.Equal(0d, async () => (await Metrics.Of(Lane.Fleet))["fleet_checkout_unknown"]);
    }

    [Theory]
    [InlineData("fleet")]
    [InlineData("operator")]
    public async Task Who_ended_a_doubt_is_told_apart(string by)
    {
        Lane.Cloud.Then(504, "{}");
        var (_, id) = await Lane.Start();
        if (by == "fleet") await Lane.Becomes(id, "cancelled/not_started", 5);
        else
            await new Shell(Lane.Fleet, FleetApp.LiveKey)
                .Does($"checkout record {id} cancelled --reason Seen --reference 1");
        Assert.Equal(1,
            (await Metrics.Of(Lane.Fleet))["fleet_checkout_settle_duration_seconds_count", ("by", by)]);
    }

    [Fact]
    public async Task A_refused_start_counts_as_finished_and_an_unreached_cloud_as_not_sent()
    {
        Lane.Cloud.Then(404, "{}");
        await Lane.Start();
        await Lane.Cloud.DisposeAsync();
        await Lane.Start();

        var metrics = await Metrics.Of(Lane.Fleet);
        Assert.Equal(2, metrics["fleet_checkout_finished_total",
            ("outcome", "cancelled"), ("reason", "refused_by_provider")]);
        Assert.Equal(1, metrics["fleet_cloud_call_duration_seconds_count",
            ("operation", "create_checkout"), ("result", "4xx")]);
        Assert.Equal(1, metrics["fleet_cloud_call_duration_seconds_count",
            ("operation", "create_checkout"), ("result", "not_sent")]);
        Assert.Equal(1, metrics["fleet_cloud_call_duration_seconds_count",
            ("operation", "pair_reader"), ("result", "2xx")]);
    }

    [Fact]
    public async Task Accounts_whose_calls_are_held_back_are_counted()
    {
        Lane.Cloud.Usually(500, "{}");
        await Lane.Start();
        await Eventually.Equal(1d, async () => (await Metrics.Of(Lane.Fleet))["fleet_cloud_breaker_open"],
            () => Lane.Fleet.Pass(1));
    }
}

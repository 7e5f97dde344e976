using System.Net;
using Fleet.Core.Errors;
using Fleet.Server.Telemetry;
using Fleet.Server.Webhooks;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What a collector sees of a node after a script of traffic, on a clock that the test moves.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private FleetApp? _fleet;
    private Receiver? _receiver;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not there yet.");

    private Receiver Inboxes => _receiver ?? throw new InvalidOperationException("The receiver is not there yet.");

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.Start();
        _fleet = await FleetApp.Start(null,
            "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.0/8", $"--Fleet:Webhooks:AllowedPorts:0={_receiver.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Inboxes.DisposeAsync();
    }

    [Fact]
    public void The_word_for_a_lost_start_is_the_catalogues() =>
        Assert.Equal(FleetMeter.Unknown, FaultErrors.Unknown.Code);

    [Fact]
    public async Task Rare_things_count_from_nothing()
    {
        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(0, metrics["fleet_checkout_accepted_total"]);
        Assert.Equal(0, metrics["fleet_checkout_refused_total", ("code", "UNKNOWN")]);
        Assert.Equal(0, metrics["fleet_ledger_fenced_total"]);
        Assert.Equal(0, metrics["fleet_cloud_exchanges_dropped_total"]);
        Assert.Equal(0, metrics["fleet_link_opened_total"]);
        Assert.Equal(0, metrics["fleet_cluster_changes_total"]);
        foreach (var result in new[] { "paired", "wrong_code", "locked", "refused" })
            Assert.Equal(0, metrics["fleet_pairing_attempts_total", ("result", result)]);
        foreach (var reason in new[] { "wrong_key", "scope", "rate" })
            Assert.Equal(0, metrics["fleet_key_refused_total", ("reason", reason)]);
        foreach (var result in new[] { "compared", "failed", "partial", "doubted", "lost", "rebound", "confirmed" })
            Assert.Equal(0, metrics["fleet_cloud_roster_total", ("result", result)]);
        Assert.Equal(1, metrics["fleet_cluster_nodes"]);
        Assert.NotNull(metrics["dotnet_process_memory_working_set_bytes"]);
    }

    [Fact]
    public async Task A_payment_is_counted_and_measured_from_end_to_end()
    {
        await using var device = await Fleet.PairedDevice();
        var checkout = await Fleet.Till.Charge(device.ReaderId);
        using var busy = await Fleet.Till.Post($"readers/{device.ReaderId}/checkout", Checkouts.Coffee);
        Fleet.Pass(2);
        Assert.True(await device.AskStart(checkout));
        Fleet.Pass(8);
        await device.Approve(checkout);

        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(1, metrics["fleet_checkout_accepted_total"]);
        Assert.Equal(1, metrics["fleet_checkout_refused_total", ("code", "READER_BUSY")]);
        Assert.Equal(1, metrics["fleet_checkout_finished_total", ("outcome", "successful"), ("reason", "none")]);
        Assert.Equal(1, metrics["fleet_checkout_accept_duration_seconds_count"]);
        Assert.Equal(2, metrics["fleet_checkout_prompt_duration_seconds_sum"]);
        Assert.Equal(10, metrics["fleet_checkout_result_duration_seconds_sum", ("outcome", "successful")]);
        Assert.Equal(3, metrics["fleet_ledger_commit_duration_seconds_count"]); // accepted, started, successful
        Assert.Equal(3, metrics["fleet_ledger_group_size_sum"]);
    }

    [Fact]
    public async Task Open_checkouts_are_counted_in_the_ledger_now_and_then()
    {
        await using var device = await Fleet.PairedDevice();
        await Eventually.Equal((0d, 0d), Open);
        var checkout = await Fleet.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        Assert.Equal((0d, 0d), await Open()); // not counted again since

        Fleet.Pass(15);
        await Eventually.Equal((1d, 15d), Open);

        await device.Approve(checkout);
        Fleet.Pass(15);
        await Eventually.Equal((0d, 0d), Open);

        async Task<(double?, double?)> Open()
        {
            var metrics = await Metrics.Of(Fleet);
            return (metrics["fleet_checkout_open"], metrics["fleet_checkout_open_age_seconds"]);
        }
    }

    [Fact]
    public async Task Events_are_counted_while_they_wait_and_measured_as_they_leave()
    {
        var takes = false;
        var inbox = Inboxes.Open((_, http) =>
        {
            http.Response.StatusCode = takes ? 200 : 500;
            return Task.CompletedTask;
        });
        await using var device = await Fleet.PairedDevice();
        await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = inbox.Url,
        });
        await device.Pay();
        await inbox.Next();
        await Fleet.Services.GetRequiredService<WebhookSender>().Settled();
        Assert.Equal(
            1, (await Metrics.Of(Fleet))["fleet_webhook_attempt_duration_seconds_count", ("result", "failed")]);

        await Eventually.Equal((1d, 0d), Waiting, () => Fleet.Pass(1));

        takes = true;
        await Eventually.Equal((0d, 0d), Waiting, () => Fleet.Pass(1));
        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(1, metrics["fleet_webhook_attempt_duration_seconds_count", ("result", "delivered")]);
        Assert.InRange(metrics["fleet_webhook_delivery_duration_seconds_sum"] ?? 0, 15, 1_000);
        Assert.Equal(0, metrics["fleet_outbox_age_seconds"]);

        async Task<(double?, double?)> Waiting()
        {
            var seen = await Metrics.Of(Fleet);
            return (seen["fleet_outbox_events", ("state", "pending")], seen["fleet_outbox_events", ("state", "dead")]);
        }
    }

    [Fact]
    public async Task Stores_show_their_readers_and_who_waits_for_one()
    {
        using var caller = new RpcCaller(Fleet);
        var store = await caller.Store("bonn");
        var free = await caller.Paired(store, "one");
        await using var busy = await caller.Paired(store, "two", firmware: "4.0.0.0");
        await caller.Start(busy);
        await free.DisposeAsync();
        await Eventually.Equal("0 1 1 0 0", Readers);

        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(1, metrics["fleet_readers_firmware", ("firmware", "3.3.40.3")]);
        Assert.Equal(1, metrics["fleet_readers_firmware", ("firmware", "4.0.0.0")]);
        Assert.Equal(0, metrics["fleet_queue_waiting", ("store", store)]);

        var waits = caller.Route(new() { Store = store, QueueFor = 60 });
        await Eventually.Equal(1d, async () => (await Metrics.Of(Fleet))["fleet_queue_waiting", ("store", store)]);
        Fleet.Pass(3);
        await busy.Pay();
        await waits;
        metrics = await Metrics.Of(Fleet);
        Assert.Equal(3, metrics["fleet_queue_wait_seconds_sum", ("result", "served")]);
        Assert.Equal(0, metrics["fleet_queue_waiting", ("store", store)]);

        async Task<string> Readers()
        {
            var seen = await Metrics.Of(Fleet);
            return string.Join(' ', new[] { "free", "busy", "offline", "unpaired", "silent" }.Select(state =>
                seen["fleet_readers", ("merchant", FleetApp.Merchant), ("store", store), ("state", state)]));
        }
    }

    [Fact]
    public async Task Tills_that_wait_in_vain_are_told_apart()
    {
        using var caller = new RpcCaller(Fleet);
        var store = await caller.Store("vain");
        await using var busy = await caller.Paired(store);
        await caller.Start(busy);
        using var gone = new CancellationTokenSource();
        var left = caller.Route(new() { Store = store, QueueFor = 60 }, cancel: gone.Token);
        var late = caller.Route(new() { Store = store, QueueFor = 5 });
        await Eventually.Equal(2, () => caller.Waiting(store));

        await gone.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(async () => await left);
        await Eventually.Equal(1, () => caller.Waiting(store));
        Fleet.Pass(5);
        await Assert.ThrowsAsync<RpcException>(async () => await late);

        await Eventually.Equal((1d, 1d), async () =>
        {
            var seen = await Metrics.Of(Fleet);
            return (seen["fleet_queue_wait_seconds_count", ("result", "left")],
                seen["fleet_queue_wait_seconds_count", ("result", "timeout")]);
        });
        Assert.Equal(1, (await Metrics.Of(Fleet))["fleet_checkout_refused_total", ("code", "QUEUE_TIMEOUT")]);
    }

    [Fact]
    public async Task Connections_say_why_they_ended()
    {
        await using var first = await Fleet.PairedDevice();
        await using var second = await first.ConnectAgain();
        await second.Resume();
        await first.Ended();
        await using var third = await Fleet.PairedDevice();
        await third.HangUp();
        await using var fourth = await Fleet.PairedDevice();
        await fourth.SendText("nonsense"u8.ToArray());
        await fourth.Ended();
        await using var fifth = await Fleet.PairedDevice();
        await fifth.DisposeAsync();
        await using var unpaired = await Fleet.Device();
        await unpaired.HangUp();

        await Eventually.Equal("1 1 1 1 1", async () =>
        {
            var seen = await Metrics.Of(Fleet);
            return string.Join(' ', new[] { "superseded", "closed", "protocol_error", "lost", "unpaired" }
                .Select(reason => seen["fleet_link_closed_total", ("reason", reason)]));
        });
        var metrics = await Metrics.Of(Fleet);
        Assert.Equal((6d, 1d), (metrics["fleet_link_opened_total"], metrics["fleet_link_connections"]));
    }

    [Fact]
    public async Task Guessed_codes_and_wrong_keys_are_counted()
    {
        await using var device = await Fleet.PairedDevice();
        for (var i = 0; i < 21; i++)
            using (await Fleet.Till.Post("readers", new { pairing_code = "7K2M9QXD", name = "Lane" })) { }
        using (await Fleet.TillOf(FleetApp.Merchant, "wrong").Get("readers")) { }
        using (await Fleet.TillOf(FleetApp.Merchant, FleetApp.ReadOnlyKey).Delete($"readers/{device.ReaderId}")) { }

        var metrics = await Metrics.Of(Fleet);
        Assert.Equal(1, metrics["fleet_pairing_attempts_total", ("result", "paired")]);
        Assert.Equal(20, metrics["fleet_pairing_attempts_total", ("result", "wrong_code")]);
        Assert.Equal(1, metrics["fleet_pairing_attempts_total", ("result", "locked")]);
        Assert.Equal(1, metrics["fleet_key_refused_total", ("reason", "wrong_key")]);
        Assert.Equal(1, metrics["fleet_key_refused_total", ("reason", "scope")]);
    }

    /// <summary>However many readers, keys and checkouts there are, the series stay as many.</summary>
    [Fact]
    public async Task No_label_grows_with_the_readers()
    {
        await Traffic();
        await Eventually.Equal("", Grown); // what is late the first time is there the next; what grows, grows each time

        var metrics = await Metrics.Of(Fleet);
        Assert.DoesNotContain("rdr_", metrics.Text, StringComparison.Ordinal);
        Assert.InRange(Series(metrics.Samples).Count(), 100, 3_000);

        async Task<string> Grown()
        {
            var before = Series((await Metrics.Of(Fleet)).Samples);
            for (var i = 0; i < 5; i++) await Traffic();
            var grown = Series((await Metrics.Of(Fleet)).Samples).Except(before);
            return string.Join('\n', grown.Where(one => one.StartsWith("fleet_", StringComparison.Ordinal)));
        }

        async Task Traffic()
        {
            await using var device = await Fleet.PairedDevice();
            await Fleet.Till.Charge(device.ReaderId);
            await device.Pay();
            using (await Fleet.Till.Get($"readers/{device.ReaderId}/status")) { }
        }

        static IEnumerable<string> Series(IEnumerable<Metrics.Sample> samples) =>
            samples.Select(sample => $"{sample.Name} {Labels(sample)}").Distinct();

        static string Labels(Metrics.Sample sample) => string.Join(',', sample.Labels
            .Where(label => label.Key != "le").Select(label => $"{label.Key}={label.Value}"));
    }

    [Fact]
    public async Task Without_the_setting_nothing_is_measured()
    {
        await using var quiet = await FleetApp.Start(null, "--Fleet:Telemetry=false");
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(quiet.OperationsAddress, "/metrics"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        await using var device = await quiet.PairedDevice();
        await quiet.Till.Charge(device.ReaderId);
        await device.Pay();
    }
}

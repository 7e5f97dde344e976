using System.Net;
using System.Text.Json;
using Fleet.Core.Cloud;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>What is told of a payment while it is not known what SumUp did, and how an operator releases it.</summary>
public sealed class UnknownTests : IAsyncLifetime
{
    private CloudLane? _lane;

    private CloudLane Lane => _lane ?? throw new InvalidOperationException("It is not open.");

    private RpcCaller Caller => Lane.Rpc;

    private Shell Shell => Lane.Shell;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lane = await CloudLane.Open();

    public async ValueTask DisposeAsync()
    {
        if (_lane is not null) await _lane.DisposeAsync();
    }

    [Theory]
    [InlineData(504, "{}", "server_error")]
    [InlineData(408, "{}", "no_answer")]
    [InlineData(201, "{}", "bad_answer")]
    [InlineData(409, "{}", "conflict")]
    [InlineData(429, "{}", "rate_limited")]
    [InlineData(0, "", "reset")]
    public async Task The_cloud_api_says_pending_and_our_own_channels_say_unknown_and_why(
        int status, string body, string word)
    {
        var id = await Doubted(status, body);
        Assert.Equal("pending", await Lane.Till.Outcome(Lane.ReaderId, id));

        var told = await Caller.Checkouts.GetAsync(new() { CheckoutId = $"{id}" }, Caller.Headers,
            cancellationToken: Cancel);
        Assert.Equal((Proto.State.Unknown, word), (told.State, told.Doubt.Code));
        Assert.Equal(Lane.Fleet.Clock.GetUtcNow(), told.Doubt.Since.ToDateTimeOffset());
        Assert.Equal((CloudLane.CloudReader, $"fleet-{id:N}"),
            (told.Cloud.ReaderId, told.Cloud.ForeignTransactionId));
        var timeline = await Lane.Till.Timeline(id);
        Assert.Equal(("unknown", word), (timeline.Text("state"), timeline.GetProperty("doubt").Text("code")));
        Assert.Equal($"accepted started doubted:{word}", Story(timeline));
    }

    [Fact]
    public async Task The_doubt_stays_in_the_timeline_when_the_payment_was_found()
    {
        var id = await Doubted(502, "{}");
        Lane.Transaction = CloudLane.Paid(id);
        await Lane.Becomes(id, "successful");

        var timeline = await Lane.Till.Timeline(id);
        Assert.Equal("accepted started doubted:server_error succeeded", Story(timeline));
        Assert.False(timeline.TryGetProperty("doubt", out _));
        Assert.Equal("TXCODE1", timeline.GetProperty("cloud").Text("transaction_code"));
        var story = await Shell.Does($"why {id}");
        Assert.Matches("fleet +does not know what SumUp did: server_error", story);
        Assert.Contains("transaction code TXCODE1.", story, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payment_of_which_reads_failed_is_read_again_soon_however_old_it_is()
    {
        var id = await Doubted(429, "{}");
        Lane.Cloud.Usually(500, "{}");
        await Pass(ReadPlan.RareFrom + ReadPlan.ShortestPause);
        Lane.AnswerAgain();

        var since = Lane.Fleet.Clock.GetUtcNow();
        await Lane.Becomes(id, "cancelled/not_started");
        Assert.InRange((Lane.Fleet.Clock.GetUtcNow() - since).TotalSeconds, 0, 40);
    }

    [Fact]
    public async Task A_stream_and_the_board_say_unknown_with_the_doubt()
    {
        var id = await Doubted(502, "{}");
        using var watch = Caller.Checkouts.Watch(new() { CheckoutId = $"{id}" }, Caller.Headers,
            cancellationToken: Cancel);
        Assert.True(await watch.ResponseStream.MoveNext(Cancel));
        Assert.Equal(("current", Proto.State.Unknown, "server_error"),
            (watch.ResponseStream.Current.Kind, watch.ResponseStream.Current.Checkout.State,
                watch.ResponseStream.Current.Checkout.Doubt.Code));

        await Eventually.Equal("Unknown server_error", async () =>
            (await Caller.Board("default")).Readers.Single().Checkout is { } open
                ? $"{open.State} {open.Doubt?.Code}"
                : "");
        Assert.Contains("busy, unknown", await Shell.Does("readers list"), StringComparison.Ordinal);
        var shown = await Shell.Does($"checkout show {id}");
        Assert.Contains("unknown, server_error.", shown, StringComparison.Ordinal);
        Assert.Contains("Do not charge again before that.", shown, StringComparison.Ordinal);
        Assert.Contains($"reference fleet-{id:N}", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_with_its_word_and_what_to_do()
    {
        Lane.Cloud.Then(404, "{}");
        Assert.Equal("422 PROVIDER_REFUSED", (await Lane.Start()).Word);
        var row = Assert.Single(await Lane.Till.AuditRows("action=checkout.start"));
        var id = Guid.Parse(row.Text("subject"));

        var timeline = await Lane.Till.Timeline(id);
        Assert.Equal("accepted started refused:PROVIDER_REFUSED", Story(timeline));
        Assert.Equal("not-found", timeline.GetProperty("refused").Text("why"));
        var told = await Caller.Checkouts.GetAsync(new() { CheckoutId = $"{id}" }, Caller.Headers,
            cancellationToken: Cancel);
        Assert.Equal(("PROVIDER_REFUSED", "not-found"), (told.Refused.Reason, told.Refused.Why));
        var story = await Shell.Does($"why {id}");
        Assert.Matches("SumUp refused the order: PROVIDER_REFUSED", story);
        Assert.Contains("'not-found' that it does not have the reader.", story, StringComparison.Ordinal);
        Assert.Contains("cancelled, PROVIDER_REFUSED.", await Shell.Does($"checkout watch {id}"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_releases_an_unknown_payment_and_a_late_charge_is_a_dispute()
    {
        var id = await Doubted(504, "{}");
        using var recorded = await Lane.Till.Post($"/fleet/v1/checkouts/{id}/outcome",
            new { outcome = "CANCELLED", reason = "SumUp has no payment", reference = "call 4711" });
        Assert.Equal(HttpStatusCode.OK, recorded.StatusCode);
        Assert.Equal("cancelled/recorded_by_operator", await Lane.Till.Outcome(Lane.ReaderId, id));
        Assert.Equal("call 4711", (await Lane.Till.Timeline(id)).GetProperty("events").EnumerateArray().Last()
            .GetProperty("record").Text("reference"));
        Assert.Single(await Lane.Till.AuditRows("action=outcome.record"));
        await Lane.Till.Charge(Lane.ReaderId, Connector.Coffee()); // the reader is free

        Lane.Transaction = CloudLane.Paid(id);
        await Eventually.Equal(true, () => IsDisputed(id), () => Lane.Fleet.Pass(20));
        Assert.Equal("cancelled/recorded_by_operator", await Lane.Till.Outcome(Lane.ReaderId, id));
    }

    [Fact]
    public async Task A_payment_that_was_accepted_and_never_seen_is_released_the_same_way()
    {
        Lane.HasCheckouts = true;
        var (word, id) = await Lane.Start();
        Assert.Equal("201", word);
        await Eventually.Equal("no_result", async () => (await Lane.Till.Timeline(id)).TryGetProperty("doubt", out var
            doubt) ? doubt.Text("code") : "", () => Lane.Fleet.Pass(10));
        var story = await Shell.Does($"why {id}");
        Assert.Contains(
            "phantom_accept. SumUp took the payment, and has shown no result that fits it for 3 minutes.", story,
            StringComparison.Ordinal);
        Assert.Contains("record what you found with 'fleet checkout record'", story, StringComparison.Ordinal);
        await Eventually.Equal(true, async () => (await Shell.Does("status")).Contains("has no result of a payment",
            StringComparison.Ordinal));

        await Shell.Does($"checkout record {id} failed --reason \"Not at SumUp\" --reference 4711");
        Assert.Equal("failed/recorded_by_operator", await Lane.Till.Outcome(Lane.ReaderId, id));
        Lane.Transaction = CloudLane.Paid(id);
        await Eventually.Equal(true, () => IsDisputed(id), () => Lane.Fleet.Pass(20));
    }

    [Fact]
    public async Task What_is_recorded_as_the_cloud_has_it_is_no_dispute()
    {
        var id = await Doubted(504, "{}");
        await Shell.Does($"checkout record {id} successful --reason \"SumUp shows it\" --reference TXCODE1");
        Lane.Transaction = CloudLane.Paid(id);
        var before = Lane.Cloud.Requests.Count;
        await Eventually.Equal(true, () => Task.FromResult(Lane.Cloud.Requests.Count > before),
            () => Lane.Fleet.Pass(20));
        Assert.False(await IsDisputed(id));
        Assert.Equal("successful", await Lane.Till.Outcome(Lane.ReaderId, id));
    }

    /// <summary>Starts a checkout to which the cloud answers unclearly; status 0 breaks the connection.</summary>
    private async Task<Guid> Doubted(int status, string body)
    {
        if (status == 0) Lane.Cloud.Then(CloudStandIn.Abort);
        else Lane.Cloud.Then(status, body);
        var (word, id) = await Lane.Start();
        Assert.Equal("503 OUTCOME_UNKNOWN", word);
        return id;
    }

    private async Task<bool> IsDisputed(Guid id) =>
        (await Lane.Till.Timeline(id)).GetProperty("disputed").GetBoolean();

    /// <summary>The events, each with its doubt or the word of its refusal.</summary>
    /// <summary>Lets time go by in steps in which the node can read.</summary>
    private Task Pass(TimeSpan time)
    {
        var until = Lane.Fleet.Clock.GetUtcNow() + time;
        return Eventually.Equal(
            true, () => Task.FromResult(Lane.Fleet.Clock.GetUtcNow() >= until), () => Lane.Fleet.Pass(1));
    }

    private static string Story(JsonElement timeline) => string.Join(' ',
        timeline.GetProperty("events").EnumerateArray().Select(one =>
            one.TryGetProperty("doubt", out var doubt) ? $"{one.Text("kind")}:{doubt.Text("code")}"
            : one.TryGetProperty("refused", out var refused) ? $"{one.Text("kind")}:{refused.Text("code")}"
            : one.Text("kind")));
}

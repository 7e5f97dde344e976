using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Sdk;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>
/// After whatever happened to a checkout, every channel says the same. A thousand checkouts with all endings, then all
/// channels compared: status, reason, amounts, ids and times.
/// </summary>
public sealed class VerdictTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>
{
    private const int Rounds = 50, Lanes = 20, Seed = 20260301;

    private readonly ConcurrentDictionary<Guid, (Ending Ending, string ReaderId)> _played = new();
    private readonly ConcurrentDictionary<Guid, List<Streamed>> _streamed = new();
    private readonly Random _dice = new(Seed);
    private int _events;

    private FleetApp Fleet => shop.Fleet;

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_channel_tells_the_same_of_a_thousand_checkouts()
    {
        var inbox = shop.Receiver.Open();
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stream = await Listen(listening.Token);
        await Play(inbox.Url);

        var told = await Webhooks(inbox);
        var listed = await History();
        await Eventually.Equal(_played.Values.Sum(one => one.Ending.Kinds.Length),
            () => Task.FromResult(Volatile.Read(ref _events)));
        Assert.Equal(Rounds * Lanes, _played.Count);
        using var rpc = new RpcCaller(Fleet);
        await Parallel.ForEachAsync(
            _played.Keys, Cancel, async (id, _) => await Compare(id, told[id], [.. listed[id]], rpc));
        await listening.CancelAsync();
        await stream;
    }

    [Fact]
    public void Every_ending_there_is_is_played()
    {
        Assert.Equal(
            Words<Reason>(),
            Endings.All.Select(ending => ending.Reason).OfType<string>().Concat(Endings.ReasonsOfCloud)
                .Concat(Endings.ReasonsOfTime).Distinct()
                .Order());
        Assert.Equal(
            Words<EventKind>(),
            Endings.All.SelectMany(ending => ending.Kinds).Concat(Endings.KindsOfCloud).Distinct().Order());
    }

    private async Task Play(Uri hook)
    {
        var endings = new Endings(Fleet);
        var devices = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(i => Fleet.PairedDevice($"Lane {i}")));
        for (var round = 0; round < Rounds; round++)
        {
            // In the first rounds each in turn, so that none is left out.
            var dealt = devices.Select((_, i) =>
                round * Lanes + i < Endings.All.Count ? Endings.All[round * Lanes + i]
                    : Endings.All[_dice.Next(Endings.All.Count)]).ToList();
            var ids = await Task.WhenAll(devices.Zip(dealt, (device, ending) => Run(endings, ending, device, hook)));
            await Sender.Settled(); // otherwise a running webhook would time out after a minute, and be sent again
            Fleet.Pass(61); // what has not started is over now
            for (var i = 0; i < Lanes; i++)
            {
                if (dealt[i].Name is Endings.ExpiredThenCharged) await ChargeLate(devices[i], ids[i]);
                if (!dealt[i].LostItsReader) continue;
                await devices[i].DisposeAsync();
                devices[i] = await Fleet.PairedDevice($"Lane {i}");
            }
        }
        foreach (var device in devices) await device.DisposeAsync();
    }

    private async Task<Guid> Run(Endings endings, Ending ending, TestDevice device, Uri hook)
    {
        var id = await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            return_url = hook,
            tip_rates = ending.Tip > 0 ? new[] { 0.1m } : null,
        });
        await endings.Play(ending, device, id);
        _played[id] = (ending, device.ReaderId);
        return id;
    }

    private async Task ChargeLate(TestDevice device, Guid id)
    {
        Assert.Equal("cancelled/expired", await Fleet.Till.Outcome(device.ReaderId, id));
        await device.Approve(id);
    }

    private async Task Compare(Guid id, JsonElement webhook, JsonElement[] listed, RpcCaller rpc)
    {
        var (ending, readerId) = _played[id];
        try
        {
            var timeline = await Json($"/fleet/v1/checkouts/{id}/timeline");
            var events = timeline.GetProperty("events").EnumerateArray().ToArray();
            Assert.Equal(ending.Kinds, events.Select(one => Text(one, "kind")));
            var (accepted, ended) = (Time(events[0], "at"), Time(events.Single(IsOutcome), "at"));
            Assert.Equal((ending.Status, ending.Reason, ending.Disputed),
                (Text(timeline, "state"), Reason(timeline), timeline.GetProperty("disputed").GetBoolean()));
            var told = events.Single(IsOutcome);
            Assert.Equal(ending.Reason, Reason(told));
            if (ending is { Disputed: true, Reason: not null }) // no other try is worth it while that is so
                Assert.Equal((false, ReasonAdvice.Disputed), (timeline.GetProperty("reason")
                    .GetProperty("retryable").GetBoolean(), timeline.GetProperty("reason").Text("sentence")));
            else Assert.Equal(Whole(timeline, "reason"), Whole(told, "reason"));
            Assert.Equal(ending.Status is "successful" ? [ending.Total, .. ending.Parts] : [],
                events.Where(one => one.TryGetProperty("amount", out _)).Select(one => Number(one, "amount")));

            var checkout = await Fleet.Till.Checkout(readerId, id);
            var client = Text(checkout, "client_transaction_id");
            Assert.Equal((ending.Status, ending.Status, ending.Reason),
                (Text(checkout, "status"), Text(checkout, "payment_status"), Text(checkout, "payment_failure_reason")));
            Assert.Equal((client, readerId), (Text(timeline, "client_transaction_id"), Text(timeline, "reader_id")));
            Assert.Equal((accepted, Time(events[^1], "at")),
                (Time(checkout, "created_at"), Time(checkout, "updated_at")));

            var transaction = await Json($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={id}");
            Money(ending, transaction);
            Assert.Equal((ending.Reason, client, ended),
                (Text(transaction, "failure_reason"), Text(transaction, "client_transaction_id"),
                    Time(transaction, "timestamp")));
            Assert.Equal(ending.Parts,
                transaction.GetProperty("transaction_events").EnumerateArray().Select(one => Minor(one, "amount")));

            var receipt = (await Json($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}")).GetProperty("transaction_data");
            Money(ending, receipt);
            Assert.Equal((Text(transaction, "transaction_code"), ended),
                (Text(receipt, "transaction_code"), Time(receipt, "timestamp")));
            Assert.Equal(ending.Parts,
                receipt.GetProperty("events").EnumerateArray().Select(one => Minor(one, "amount")));

            var payment = listed.Single(one => Text(one, "type") is "PAYMENT");
            var refunds = listed.Where(one => Text(one, "type") is "REFUND").ToArray();
            Assert.Equal((ending.Transaction, ending.Total, ending.Refunded),
                (Text(payment, "status"), Minor(payment, "amount"), Minor(payment, "refunded_amount")));
            Assert.Equal((client, Text(receipt, "transaction_code"), ended),
                (Text(payment, "client_transaction_id"), Text(payment, "transaction_code"),
                    Time(payment, "timestamp")));
            Assert.Equal(ending.Parts.Order(), refunds.Select(one => Minor(one, "amount")).Order());
            Assert.All(
                refunds,
                one => Assert.Contains(Time(one, "timestamp"),
                    events.Where(other => Text(other, "kind") is "refunded").Select(other => Time(other, "at"))));

            var payload = webhook.GetProperty("payload");
            Assert.Equal($"{id}", Text(webhook, "id"));
            Assert.Equal((ending.Status is "successful" ? "successful" : "failed", ending.Reason),
                (Text(payload, "status"), Text(payload, "failure_reason")));
            Assert.Equal((client, ended, FleetApp.Merchant),
                (Text(payload, "client_transaction_id"), Time(webhook, "timestamp"), Text(payload, "merchant_code")));

            Stream(ending, _streamed[id], timeline, ended);
            Assert.Equal(listed.Select(one => Text(one, "id")).Order(),
                _streamed[id].Select(one => one.Place).OfType<string>().Order());
            await Rpc(rpc, id, ending, timeline);
        }
        catch (XunitException e)
        {
            throw new XunitException($"{id} was to be {ending} (seed {Seed}): {e.Message}", e);
        }
    }

    /// <summary>What a transaction and a receipt say alike.</summary>
    private static void Money(Ending ending, JsonElement shown) =>
        Assert.Equal((ending.Transaction, ending.Total, ending.Tip),
            (Text(shown, "status"), Minor(shown, "amount"), Minor(shown, "tip_amount")));

    /// <summary>
    /// The stream had all that the timeline has, in its order and words, each as that left the checkout.
    /// </summary>
    private static void Stream(Ending ending, List<Streamed> told, JsonElement timeline, DateTimeOffset ended)
    {
        Assert.Equal(ending.Kinds, told.Select(one => one.Kind));
        var (outcome, last) =
            (told.Single(one => one.Kind is "succeeded" or "failed" or "cancelled").Data, told[^1].Data);
        var checkout = outcome.GetProperty("checkout");
        Assert.Equal((ending.Status, ending.Reason, 0, ended),
            (Text(outcome, "state"), Reason(outcome), Number(outcome, "refunded"), Time(checkout, "updated_at")));
        Assert.Equal((ending.Status, ending.Reason),
            (Text(checkout, "status"), Text(checkout, "payment_failure_reason")));
        Assert.Equal((Whole(timeline, "reason"), ending.Tip, ending.Refunded),
            (Whole(last, "reason"), Number(last, "tip"), Number(last, "refunded")));
    }

    private static async Task Rpc(RpcCaller rpc, Guid id, Ending ending, JsonElement timeline)
    {
        var told = await rpc.Checkouts.TimelineAsync(
            new() { CheckoutId = $"{id}" }, rpc.Headers, cancellationToken: Cancel);
        Assert.Equal(ending.Kinds, told.Events.Select(one => one.Kind));
        Same(told.Checkout);
        Same(await rpc.Checkouts.WaitAsync(
            new() { CheckoutId = $"{id}", Seconds = 60 }, rpc.Headers, cancellationToken: Cancel));

        void Same(Proto.Checkout checkout)
        {
            var reason = checkout.Reason is { } why
                ? new { code = why.Code, retryable = why.Retryable, sentence = why.Sentence } : null;
            Assert.Equal((ending.Status, ending.Tip, ending.Refunded),
                ($"{checkout.State}".ToLowerInvariant(), checkout.Tip, checkout.Refunded));
            Assert.Equal(Whole(timeline, "reason"), reason is null ? null : JsonSerializer.Serialize(reason));
        }
    }

    /// <summary>
    /// Every checkout is reported with one id. On a slow machine it may be reported again, in the same words.
    /// </summary>
    private static async Task<Dictionary<Guid, JsonElement>> Webhooks(Receiver.Inbox inbox)
    {
        var told = new Dictionary<Guid, JsonElement>();
        while (told.Count < Rounds * Lanes)
        {
            var body = JsonElement.Parse((await inbox.Next()).Body);
            var id = body.GetProperty("payload").GetProperty("transaction_id").GetGuid();
            if (!told.TryAdd(id, body)) Assert.Equal(told[id].GetRawText(), body.GetRawText());
        }
        Assert.Equal(told.Count, told.Values.Select(body => Text(body, "id")).Distinct().Count());
        return told;
    }

    /// <summary>The whole history, page by page.</summary>
    private async Task<ILookup<Guid, JsonElement>> History()
    {
        var items = new List<JsonElement>();
        for (var query = "limit=100"; query is not null;)
        {
            var page = await Json($"/v2.1/merchants/{FleetApp.Merchant}/transactions/history?{query}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            query = page.TryGetProperty("links", out _) ? Text(page.GetProperty("links")[0], "href") : null;
        }
        return items.ToLookup(item => item.GetProperty("transaction_id").GetGuid());
    }

    private async Task<Task> Listen(CancellationToken cancel)
    {
        var answer = await Fleet.Till.Open("/fleet/v1/events");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(cancel)).EnumerateAsync(cancel)
            .GetAsyncEnumerator(cancel);
        Assert.True(await events.MoveNextAsync()); // the first says that the stream has begun
        return Keep(answer, events);
    }

    private async Task Keep(HttpResponseMessage answer, IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            while (await events.MoveNextAsync())
            {
                if (events.Current.EventType is "ping") continue;
                var data = JsonElement.Parse(events.Current.Data);
                _streamed.GetOrAdd(data.GetProperty("checkout").GetProperty("checkout_id").GetGuid(), _ => [])
                    .Add(new(events.Current.EventType, events.Current.EventId, data));
                Interlocked.Increment(ref _events);
            }
        }
        catch (OperationCanceledException)
        {
            answer.Dispose();
        }
    }

    private static IEnumerable<string> Words<T>() where T : struct, Enum =>
        Enum.GetValues<T>().Select(member => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{member}")).Order();

    private static bool IsOutcome(JsonElement happened) =>
        Text(happened, "kind") is "succeeded" or "failed" or "cancelled";

    private static string? Reason(JsonElement json) =>
        json.TryGetProperty("reason", out var reason) ? Text(reason, "code") : null;

    /// <summary>A member as it was written, or null.</summary>
    private static string? Whole(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetRawText() : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static DateTimeOffset Time(JsonElement json, string name) => json.GetProperty(name).GetDateTimeOffset();

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    /// <summary>An amount of major units, a number or a text, in minor ones.</summary>
    private static long Minor(JsonElement json, string name) =>
        (long)(decimal.Parse(json.GetProperty(name).ToString(), CultureInfo.InvariantCulture) * 100);

    private async Task<JsonElement> Json(string path)
    {
        using var answer = await Fleet.Till.Get(path);
        Assert.Equal((path, 200), (path, (int)answer.StatusCode));
        return await answer.Json();
    }

    /// <summary>One event of the stream.</summary>
    private sealed record Streamed(string Kind, string? Place, JsonElement Data);
}

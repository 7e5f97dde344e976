using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Fleet.Protocol;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Sdk;

namespace Fleet.Server.Tests;

/// <summary>
/// One verdict: whatever became of a checkout, every channel says the same. A thousand checkouts with every ending there
/// is, then all channels side by side.
/// </summary>
public sealed class VerdictTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>
{
    private const int Rounds = 50, Lanes = 20, Seed = 20260301;

    private static readonly string[] Endings =
    [
        "approved", "tipped", "declined", "wrong_pin", "card_removed", "customer_cancelled", "no_card_in_time",
        "terminated", "terminated late", "too late", "expired", "refunded", "refunded in part",
    ];

    private readonly ConcurrentDictionary<Guid, Verdict> _expected = new();
    private readonly ConcurrentDictionary<Guid, Verdict> _streamed = new();
    private readonly ConcurrentDictionary<Guid, string> _readerOf = new();
    private readonly Random _dice = new(Seed);

    private FleetApp Fleet => shop.Fleet;

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_channel_tells_the_same_of_a_thousand_checkouts()
    {
        var inbox = shop.Receiver.Open();
        var devices = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(i => Fleet.PairedDevice($"Lane {i}")));
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stream = await Listen(listening.Token);

        for (var round = 0; round < Rounds; round++)
        {
            var endings = devices.Select(_ => Endings[_dice.Next(Endings.Length)]).ToList();
            await Task.WhenAll(devices.Zip(endings, (device, ending) => Run(device, ending, inbox.Url)));
            await Sender.Settled(); // or a webhook under way would take a minute, and be sent again
            Fleet.Pass(61); // what nobody started is over now
        }

        var told = await Webhooks(inbox);
        var listed = await History();
        await Eventually.Equal(Rounds * Lanes, () => Task.FromResult(_streamed.Count));
        Assert.Equal(Rounds * Lanes, _expected.Count);
        Assert.Equal(Endings.Length, _expected.Values.Select(verdict => verdict.Ending).Distinct().Count());
        await Parallel.ForEachAsync(_expected, Cancel, async (one, _) => await Compare(one.Key, one.Value, told, listed));
        await listening.CancelAsync();
        await stream;
        foreach (var device in devices) await device.DisposeAsync();
    }

    private async Task Run(TestDevice device, string ending, Uri hook)
    {
        var tips = ending is "tipped" ? new[] { 0.1m } : null;
        var id = await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = hook, tip_rates = tips,
        });
        _expected[id] = await End(device, id, ending);
        _readerOf[id] = device.ReaderId;
    }

    private async Task<Verdict> End(TestDevice device, Guid id, string ending)
    {
        if (ending is "expired") return new(ending, "cancelled", "expired");
        if (ending is "terminated") return await Terminated(device, ending);
        Assert.True(await device.AskStart(id));
        switch (ending)
        {
            case "approved":
                await device.Approve(id);
                return new(ending, "successful");
            case "tipped":
                await device.Approve(id, tip: 150);
                return new(ending, "successful", Total: 1650);
            case "declined" or "wrong_pin" or "card_removed":
                await device.Report(new Result(device.Epoch, id, Outcomes.Failed, ending));
                return new(ending, "failed", ending);
            case "customer_cancelled" or "no_card_in_time":
                await device.Report(new Result(device.Epoch, id, Outcomes.Cancelled, ending));
                return new(ending, "cancelled", ending);
            case "terminated late":
                await Terminated(device, ending);
                await device.Report(new Terminated(device.Epoch, id));
                return new(ending, "cancelled", "terminated");
            case "too late":
                await Terminated(device, ending);
                await device.Send(new TooLate(device.Epoch, id));
                await device.Approve(id);
                return new(ending, "successful");
            case "refunded":
                await device.Approve(id);
                await Refund(id, null);
                return new(ending, "successful", Refunded: 1500);
            default:
                await device.Approve(id);
                await Refund(id, 4m);
                await Refund(id, 0.5m);
                return new(ending, "successful", Refunded: 450);
        }
    }

    private async Task<Verdict> Terminated(TestDevice device, string ending)
    {
        using var answer = await Fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        Assert.Equal(202, (int)answer.StatusCode);
        return new(ending, "cancelled", "terminated");
    }

    private async Task Refund(Guid id, decimal? amount)
    {
        using var answer = await Fleet.Till.Post($"/v1.0/merchants/{FleetApp.Merchant}/payments/{id}/refunds", new { amount });
        Assert.Equal(201, (int)answer.StatusCode);
    }

    private async Task Compare(
        Guid id, Verdict expected, Dictionary<Guid, JsonElement> told, ILookup<Guid, JsonElement> listed)
    {
        try
        {
            var (status, reason) = (expected.Status, expected.Reason);
            var checkout = await Fleet.Till.Checkout(_readerOf[id], id);
            Assert.Equal((status, reason), (Text(checkout, "status"), Text(checkout, "payment_failure_reason")));

            var transaction = await Json($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={id}");
            var api = expected.Refunded > 0 ? "REFUNDED" : status.ToUpperInvariant();
            Assert.Equal((api, reason, expected.Total), (Text(transaction, "status"), Text(transaction, "failure_reason"), Minor(transaction, "amount")));
            Assert.Equal(expected.Refunded, transaction.GetProperty("transaction_events").EnumerateArray().Sum(one => Minor(one, "amount")));

            var payment = listed[id].Single(one => Text(one, "type") is "PAYMENT");
            Assert.Equal((api, expected.Total, expected.Refunded), (Text(payment, "status"), Minor(payment, "amount"), Minor(payment, "refunded_amount")));
            Assert.Equal(expected.Refunded, listed[id].Where(one => Text(one, "type") is "REFUND").Sum(one => Minor(one, "amount")));

            var receipt = (await Json($"/v1.1/receipts/{id}?mid={FleetApp.Merchant}")).GetProperty("transaction_data");
            Assert.Equal((api, expected.Total / 100m), (Text(receipt, "status"), decimal.Parse(Text(receipt, "amount") ?? "", CultureInfo.InvariantCulture)));
            Assert.Equal(Text(transaction, "transaction_code"), Text(receipt, "transaction_code"));

            var payload = told[id].GetProperty("payload");
            Assert.Equal((status is "successful" ? status : "failed", reason), (Text(payload, "status"), Text(payload, "failure_reason")));
            Assert.Equal(Text(checkout, "client_transaction_id"), Text(payload, "client_transaction_id"));

            Assert.Equal((status, reason), (_streamed[id].Status, _streamed[id].Reason));

            var timeline = await Json($"/fleet/v1/checkouts/{id}/timeline");
            Assert.Equal((status, reason), (Text(timeline, "state"), Reason(timeline)));
            Assert.Single(timeline.GetProperty("events").EnumerateArray(), one => Text(one, "kind") is "succeeded" or "failed" or "cancelled");
        }
        catch (XunitException e)
        {
            throw new XunitException($"{id} was to be {expected} (seed {Seed}): {e.Message}", e);
        }
    }

    /// <summary>Every checkout is told under one id. A machine that was too slow may tell it again, in the same words.</summary>
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
            query = page.GetProperty("links").GetArrayLength() > 0 ? Text(page.GetProperty("links")[0], "href") : null;
        }
        return items.ToLookup(item => item.GetProperty("transaction_id").GetGuid());
    }

    private async Task<Task> Listen(CancellationToken cancel)
    {
        var answer = await Fleet.Till.Open("/fleet/v1/events");
        var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(cancel)).EnumerateAsync(cancel).GetAsyncEnumerator(cancel);
        Assert.True(await events.MoveNextAsync()); // the first says that the stream has begun
        return Keep(answer, events);
    }

    private async Task Keep(HttpResponseMessage answer, IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            while (await events.MoveNextAsync())
            {
                if (events.Current.EventType is not ("succeeded" or "failed" or "cancelled")) continue;
                var data = JsonElement.Parse(events.Current.Data);
                var verdict = new Verdict("streamed", Text(data, "state") ?? "", Reason(data));
                _streamed[data.GetProperty("checkout").GetProperty("checkout_id").GetGuid()] = verdict;
            }
        }
        catch (OperationCanceledException)
        {
            answer.Dispose();
        }
    }

    private static string? Reason(JsonElement json) =>
        json.TryGetProperty("reason", out var reason) ? Text(reason, "code") : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static long Minor(JsonElement json, string name) => (long)(json.GetProperty(name).GetDecimal() * 100);

    private async Task<JsonElement> Json(string path)
    {
        using var answer = await Fleet.Till.Get(path);
        Assert.Equal((path, 200), (path, (int)answer.StatusCode));
        return await answer.Json();
    }

    private sealed record Verdict(string Ending, string Status, string? Reason = null, long Total = 1500, long Refunded = 0);
}

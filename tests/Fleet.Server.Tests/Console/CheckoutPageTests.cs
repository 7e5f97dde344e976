using System.Net;
using Fleet.Core.Checkouts;
using Fleet.Protocol;
using Fleet.Server.Console.Live;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>The page of a payment, on which a clerk reads whether it charged.</summary>
public sealed class CheckoutPageTests(WebhookTests.Shop shop) : IClassFixture<WebhookTests.Shop>
{
    private FleetApp Fleet => shop.Fleet;

    [Fact]
    public async Task A_payment_that_was_charged_is_told_in_one_sentence_with_its_card_and_its_timeline()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        await device.Report(new Result(device.Epoch, id, Outcomes.Approved, null, 1500, 0,
            new PresentedCard("4242", "VISA", "contactless", "A1")));
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Open(PathOf(id));

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("<h1>Yes. 15.00 EUR was charged.</h1>", page.Text);
        Assert.Contains("VISA •••• 4242, contactless", WebUtility.HtmlDecode(page.Text));
        Assert.Contains("asked to start, and was allowed to", page.Text);
        Assert.Contains("role=\"img\"", page.Text);
        Assert.Contains($"fleet why {id}", page.Text);
    }

    [Fact]
    public async Task A_payment_that_was_declined_says_why_in_the_words_of_the_api()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        await device.Report(new Result(device.Epoch, id, Outcomes.Failed, Reasons.Declined));
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);

        var page = await visitor.Open(PathOf(id));
        Assert.Contains("<h1>No. Nothing was charged.</h1>", page.Text);
        Assert.Contains(Reason.Declined.ToAdvice(), page.Text);
        var json = await visitor.Open(PathOf(id) + ".json");
        Assert.Contains("\"state\": \"FAILED\"", json.Text);
    }

    [Fact]
    public async Task A_payment_in_dispute_tells_the_record_and_the_claim()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        await device.Approve(id, amount: 1400);
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);

        var page = await visitor.Open(PathOf(id));
        Assert.Contains(ReasonAdvice.Disputed, page.Text);
        Assert.Contains("The record says: Not yet. The payment is under way.", page.Text);
        Assert.Contains("The device claims: successful over 14.00 EUR.", page.Text);
    }

    [Fact]
    public async Task A_payment_that_sumup_did_not_answer_is_not_told_as_failed()
    {
        await using var lane = await CloudLane.Open();
        lane.Cloud.Then(504, "{}");
        var (_, id) = await lane.Start();
        using var visitor = await Visitor.SignIn(lane.Fleet, FleetApp.LiveKey);

        var path = $"m/{FleetApp.LiveMerchant}/checkouts/{id}";
        await Eventually.Equal( // what was said is there up to a second later
            true, async () => (await visitor.Open(path)).Text.Contains("create_checkout: 504"),
            () => lane.Fleet.Pass(0.1));
        var page = await visitor.Open(path);
        Assert.Contains("<h1>It is not known whether the card was charged.</h1>", page.Text);
        Assert.Contains("so it may have taken the payment", page.Text);
        Assert.DoesNotContain("Nothing was charged", page.Text);
        Assert.Contains($"fleet-{id:N}", page.Text);
    }

    [Fact]
    public async Task A_released_payment_is_not_told_as_not_charged()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        Fleet.Pass(300);
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Send(PathOf(id) + "/outcome", PathOf(id) + "/release", ("reason", "it <hangs>"));

        Assert.Contains("<h1>It is not known whether the card was charged.</h1>", page.Text);
        Assert.Contains("it &lt;hangs&gt;", page.Text);
        Assert.Equal("cancelled/released_by_operator", await Fleet.Till.Outcome(device.ReaderId, id));
    }

    [Fact]
    public async Task An_operator_records_what_the_acquirer_says_and_must_say_how_he_knows()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        await device.HangUp();
        await Fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var (form, action) = (PathOf(id) + "/outcome", PathOf(id) + "/outcome");

        var refused = await visitor.Send(form, action, ("outcome", "successful"), ("reference", "ARN 1"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("<strong>reason</strong> is required", refused.Text);
        var odd = await visitor.Send(
            form, action, ("outcome", "successful"), ("reason", "x"), ("reference", "y"), ("tip", "1.505"));
        Assert.Contains("<strong>tip</strong>", odd.Text);
        var done = await visitor.Send(
            form, action, ("outcome", "successful"), ("reason", "It settled"), ("reference", "ARN 1"));
        Assert.Contains("<h1>Yes. 15.00 EUR was charged.</h1>", done.Text);
        Assert.Contains("It settled", done.Text);
    }

    [Fact]
    public async Task An_open_payment_is_terminated_and_only_that_one()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Fleet.Till.Charge(device.ReaderId);
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Send(PathOf(id), PathOf(id) + "/terminate");
        Assert.Contains("<h1>No. Nothing was charged.</h1>", page.Text);

        var next = await Fleet.Till.Charge(device.ReaderId);
        await visitor.Send(PathOf(id), PathOf(id) + "/terminate");
        Assert.Equal("pending", await Fleet.Till.Outcome(device.ReaderId, next));
    }

    [Fact]
    public async Task Texts_of_a_till_are_shown_and_are_no_markup()
    {
        await using var device = await Fleet.PairedDevice(name: "<script>lane</script>\"'");
        var id = await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
            description = "<script>alert(1)</script>\"'\u202e" + new string('x', 500),
        });
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        var page = await visitor.Open(PathOf(id));

        Assert.Contains("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;", page.Text);
        Assert.DoesNotContain("<script>", page.Text);
        Assert.DoesNotContain("style=", page.Text);
    }

    [Fact]
    public async Task A_payment_of_another_merchant_or_of_another_store_is_not_there()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Fleet.Till.Charge(device.ReaderId);
        using var other = await Visitor.SignIn(Fleet, FleetApp.OtherKey);
        Assert.Equal(HttpStatusCode.NotFound, (await other.Open(PathOf(id))).Status);
        Assert.Equal(HttpStatusCode.NotFound,
            (await other.Open($"m/{FleetApp.OtherMerchant}/checkouts/{id}")).Status);

        var scopes = new[] { "checkouts.read", "transactions.read" };
        using var made = await Fleet.Till.Post("/fleet/v1/stores", new { store = "far" });
        var key = await Fleet.Till.MakeKey(new { name = "far", scopes, store = "far" });
        using var clerk = await Visitor.SignIn(Fleet, key.Key);
        Assert.Equal(HttpStatusCode.NotFound, (await clerk.Open(PathOf(id))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await clerk.Open(PathOf(id) + "/live")).Status);
    }

    [Fact]
    public async Task A_key_that_reads_only_sees_no_more_than_that()
    {
        var inbox = shop.Receiver.Open();
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device, $"{inbox.Url}");
        await device.Report(new Result(device.Epoch, id, Outcomes.Approved, null, 1500, 0,
            new PresentedCard("4242", "VISA", "contactless", "A1")));
        var key = await Fleet.Till.MakeKey(new { name = "reads", scopes = new[] { "checkouts.read" } });
        using var visitor = await Visitor.SignIn(Fleet, key.Key);
        var page = await visitor.Open(PathOf(id));

        Assert.Contains("no-checkouts-write no-refunds-write no-outcomes-write", page.Text);
        Assert.DoesNotContain("4242", page.Text);
        Assert.DoesNotContain("id=\"delivery\"", page.Text);
        var live = await visitor.Watch(PathOf(id) + "/live", "id=\"facts\"");
        Assert.DoesNotContain("4242", live);
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.Open(PathOf(id) + "/refund")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.Open(PathOf(id) + "/outcome")).Status);
        foreach (var act in new[] { "terminate", "refund", "outcome", "release", "refund-outcome", "replay" })
            Assert.Equal(HttpStatusCode.Forbidden, (await visitor.Send(PathOf(id), $"{PathOf(id)}/{act}")).Status);
    }

    [Fact]
    public async Task The_webhook_is_shown_and_sent_again()
    {
        var inbox = shop.Receiver.Open();
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device, $"{inbox.Url}");
        await device.Approve(id);
        await inbox.Next();
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        await visitor.Send(PathOf(id), PathOf(id) + "/replay");

        Assert.Contains($"{id}", (await inbox.Next()).Body);
        await Eventually.Equal(true, async () => (await visitor.Open(PathOf(id))).Text.Contains("after 2 attempts"));
    }

    [Fact]
    public async Task The_page_follows_the_payment_to_its_end()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device);
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);
        Assert.Contains($"data-live=\"{PathOf(id)}/live\"", (await visitor.Open(PathOf(id))).Text);
        await visitor.Watch(PathOf(id) + "/live", "Not yet. The payment is under way.");
        var seen = visitor.Watch(PathOf(id) + "/live", "Yes. 15.00 EUR was charged.");
        await Eventually.Equal(1, () => Task.FromResult(Fleet.Services.GetRequiredService<Broadcasts>().Viewers));
        await device.Approve(id);

        Assert.DoesNotContain("form_token", await seen);
    }

    [Fact]
    public async Task A_dispute_has_a_webhook_of_its_own_which_is_on_the_page()
    {
        await using var device = await Fleet.PairedDevice();
        var id = await Started(device, "http://127.0.0.1:9/hook");
        await device.HangUp();
        await Fleet.Till.Becomes(device.ReaderId, "OFFLINE");
        using var caller = new RpcCaller(Fleet);
        await caller.Checkouts.RecordOutcomeAsync(
            new() { CheckoutId = $"{id}", Outcome = Protocol.V1.State.Failed, Reason = "slip", Reference = "1" },
            caller.Headers, cancellationToken: TestContext.Current.CancellationToken);
        await using var again = await device.ConnectAgain();
        await again.Resume();
        await again.Approve(id);
        using var visitor = await Visitor.SignIn(Fleet, FleetApp.Key);

        var page = await visitor.Open(PathOf(id));
        Assert.Contains("<h3>Webhook of the dispute</h3>", page.Text);
        Assert.Equal(2, page.Text.Split("What is sent").Length - 1);
        Assert.DoesNotContain("Webhook of the dispute", (await visitor.Open(PathOf(id) + "/outcome")).Text);
    }

    private static string PathOf(Guid id) => $"m/{FleetApp.Merchant}/checkouts/{id}";

    private async Task<Guid> Started(TestDevice device, string? hook = null)
    {
        var checkout = await Fleet.Till.Charge(device.ReaderId, new
        {
            total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 }, return_url = hook,
        });
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using Fleet.Protocol;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Merchants that are made, changed, suspended and resumed while the node runs.</summary>
public sealed class MerchantTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static readonly object Franc = new { total_amount = new { currency = "CHF", minor_unit = 2, value = 100 } };

    [Fact]
    public async Task A_merchant_that_is_made_takes_a_payment_at_once()
    {
        var code = await fleet.MakeMerchant();
        await using var device = await fleet.PairedDevice(till: fleet.TillOf(code));

        var checkout = await fleet.TillOf(code).Charge(device.ReaderId);
        await device.Pay();

        Assert.Equal("successful", (await fleet.TillOf(code).Checkout(device.ReaderId, checkout)).Text("status"));
        using var profile = await fleet.TillOf(code).Get($"/v1/merchants/{code}");
        Assert.Equal("Corner shop", (await profile.Json()).GetProperty("business_profile").Text("name"));
    }

    [Fact]
    public async Task A_key_of_a_merchant_that_is_made_reaches_it()
    {
        var code = await fleet.MakeMerchant();
        var key = await fleet.HeadOffice().MakeKey(
            new { name = "till", merchant_code = code, scopes = new[] { "readers.read" } });

        Assert.Equal(200, await fleet.TillOf(code, key.Key).Status());
        Assert.Equal(404, await fleet.TillOf(FleetApp.Merchant, key.Key).Status());
    }

    [Fact]
    public async Task The_list_has_both_kinds_and_finds_by_name_state_and_source()
    {
        var code = await fleet.MakeMerchant(
            code => new { merchant_code = code, sandbox = true, name = "Zebra & Sons" });
        var idle = await fleet.MakeMerchant();
        await fleet.Change($"{idle}/suspend", new { reason = "not open yet" });

        Assert.Equal([code], await List("search=zebra"));
        Assert.Equal([code], await List($"search={code}&kind=sandbox&state=active&source=api"));
        Assert.Contains(idle, await List("state=suspended"));
        Assert.Equal([FleetApp.LiveMerchant], await List("source=configuration&kind=live"));
        Assert.Contains(FleetApp.Merchant, await List("page_size=500"));
        Assert.Equal("400 kind", await fleet.HeadOffice().Get($"{MerchantCalls.Path}?kind=shop").Tried());
    }

    [Fact]
    public async Task A_suspended_merchant_starts_nothing_and_its_open_payment_ends_truly()
    {
        var code = await fleet.MakeMerchant();
        var till = fleet.TillOf(code);
        await using var device = await fleet.PairedDevice(till: till);
        var open = await till.Charge(device.ReaderId);
        await device.AskStart(open);

        await fleet.Change($"{code}/suspend", new { reason = "contract ended" });
        await device.Approve(open);

        Assert.Equal("successful", (await till.Checkout(device.ReaderId, open)).Text("status"));
        Assert.Equal("MERCHANT_SUSPENDED", await till.RefusedStart(device.ReaderId, Checkouts.Coffee));
        Assert.Equal("contract ended",
            (await fleet.ReadMerchant(code)).GetProperty("suspension").Text("reason"));
        await fleet.Change($"{code}/resume", new { });
        await till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task A_repeat_of_a_start_that_was_accepted_is_answered_after_the_suspension()
    {
        var code = await fleet.MakeMerchant();
        var till = fleet.TillOf(code);
        await using var device = await fleet.PairedDevice(till: till);
        using var first = await till.Post(
            $"readers/{device.ReaderId}/checkout", Checkouts.Coffee, ("Idempotency-Key", "sale-7"));
        await fleet.Change($"{code}/suspend", new { reason = "contract ended" });

        using var again = await till.Post(
            $"readers/{device.ReaderId}/checkout", Checkouts.Coffee, ("Idempotency-Key", "sale-7"));

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, again.StatusCode));
        Assert.Equal((await first.Json()).ToString(), (await again.Json()).ToString());
    }

    [Fact]
    public async Task A_suspended_merchant_is_not_routed_to_a_reader_either()
    {
        var code = await fleet.MakeMerchant();
        var till = fleet.TillOf(code);
        await using var device = await fleet.PairedDevice(till: till);
        await fleet.Change($"{code}/suspend", new { reason = "contract ended" });

        var refused = till.Post("/fleet/v1/stores/default/checkouts",
            new { total_amount = new { currency = "EUR", minor_unit = 2, value = 100 } }, ("Fleet-Merchant", code));

        Assert.Equal("MERCHANT_SUSPENDED", await refused.Reason());
    }

    [Fact]
    public async Task An_amount_in_another_currency_or_over_the_limit_is_refused_by_name()
    {
        var code = await fleet.MakeMerchant(code => new
        {
            merchant_code = code, sandbox = true, currency = "EUR", largest_amount = 1500,
        });
        var till = fleet.TillOf(code);
        await using var device = await fleet.PairedDevice(till: till);

        Assert.Equal("CURRENCY_NOT_TAKEN", await till.RefusedStart(device.ReaderId, Franc));
        Assert.Equal("AMOUNT_OVER_LIMIT", await till.RefusedStart(device.ReaderId,
            new { total_amount = new { currency = "EUR", minor_unit = 2, value = 1501 } }));
        await till.Charge(device.ReaderId); // 15.00 EUR
    }

    [Fact]
    public async Task Only_what_is_given_is_changed_and_an_old_revision_changes_nothing()
    {
        var code = await fleet.MakeMerchant();

        using var first = await fleet.Update(code, new { currency = "EUR", time_zone = "Europe/Berlin", revision = 1 });
        var late = fleet.Update(code, new { name = "Other shop", revision = 1 });
        var same = await fleet.Update(code, new { currency = "EUR" });
        using var gone = await fleet.Update(code, new { time_zone = "" });

        var merchant = await fleet.ReadMerchant(code);
        Assert.Equal("MERCHANT_CHANGED", await late.Reason());
        Assert.Equal("2", (await same.Json()).Text("revision"));
        Assert.Equal(("Corner shop", "EUR", "", "3"),
            (merchant.Text("name"), merchant.Text("currency"), merchant.Text("time_zone"), merchant.Text("revision")));
    }

    [Fact]
    public async Task A_merchant_is_made_once_and_the_same_request_again_tells_it_again()
    {
        var code = await fleet.MakeMerchant();
        object Same(string name) => new { merchant_code = code, sandbox = true, name };
        using var again = await fleet.HeadOffice().Post(MerchantCalls.Path, Same("Corner shop"));

        Assert.Equal("1", (await again.Json()).Text("revision"));
        foreach (var other in new[] { Same("Other shop"), new { merchant_code = FleetApp.Merchant, sandbox = true } })
        {
            using var refused = await fleet.HeadOffice().Post(MerchantCalls.Path, other);
            Assert.Equal("MERCHANT_EXISTS", (await refused.Json()).GetProperty("details")[0].Text("reason"));
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_merchant_of_the_configuration_is_not_changed_over_the_API()
    {
        Assert.Equal("MERCHANT_CONFIGURED", await fleet.Update(FleetApp.Merchant, new { name = "Shop" }).Reason());
        Assert.Equal("MERCHANT_CONFIGURED", await fleet.HeadOffice()
            .Post($"{MerchantCalls.Path}/{FleetApp.Merchant}/suspend", new { reason = "x" }).Reason());
    }

    [Fact]
    public async Task Every_wrong_field_of_a_merchant_is_named()
    {
        var wrong = new
        {
            merchant_code = "shop 1", country = "Germany", currency = "DM", locale = "german", time_zone = "Berlin",
            return_url = "shop", largest_amount = -1, test_cents = true, name = " ",
        };

        Assert.Equal(
            "400 merchant_code,name,country,locale,currency,time_zone,largest_amount,test_cents,return_url",
            await fleet.HeadOffice().Post(MerchantCalls.Path, wrong).Tried());
        Assert.Equal("400 largest_amount", await fleet.HeadOffice()
            .Post(MerchantCalls.Path, new { merchant_code = "MADE9999", largest_amount = 5 }).Tried());
    }

    [Fact]
    public async Task A_key_of_one_merchant_changes_its_own_and_no_limit_of_it()
    {
        var (code, other) = (await fleet.MakeMerchant(), await fleet.MakeMerchant());
        var key = await fleet.HeadOffice().MakeKey(
            new { name = "admin", merchant_code = code, scopes = new[] { "admin" } });
        var admin = fleet.TillOf(code, key.Key);

        using var named = await admin.Patch($"{MerchantCalls.Path}/{code}", new { name = "Own name" });
        Assert.Equal("Own name", (await named.Json()).Text("name"));
        Assert.Equal("400 currency,largest_amount", await admin
            .Patch($"{MerchantCalls.Path}/{code}", new { currency = "EUR", largest_amount = 5 }).Tried());
        Assert.Equal("404", await admin.Patch($"{MerchantCalls.Path}/{other}", new { name = "Mine" }).Tried());
        Assert.Equal("403", await admin.Post($"{MerchantCalls.Path}/{code}/suspend", new { reason = "x" }).Tried());
        Assert.Equal("403", await admin.Post(MerchantCalls.Path, new { merchant_code = "MADE9998" }).Tried());
    }

    [Fact]
    public async Task An_affiliate_key_is_used_until_it_is_retired_and_its_text_is_kept_nowhere()
    {
        var code = await fleet.MakeMerchant(code => new { merchant_code = code, sandbox = false });
        await fleet.Change(
            $"{code}/affiliate-keys", new { name = "tills", app_id = "com.till", key = "afk-NotForAnyEyes" });
        var till = fleet.TillOf(code);
        await using var device = await LivePairedDevice(till);

        await MustRefuseKey(till, device, "afk-other");
        var sale = Sold("com.till", "afk-NotForAnyEyes");
        var first = await till.Charge(device.ReaderId, sale);
        var after = await fleet.Change($"{code}/affiliate-keys/tills/retire", new { });

        Assert.True(after.GetProperty("affiliate_keys")[0].TryGetProperty("retired_at", out _));
        Assert.Equal(first, await till.Charge(device.ReaderId, sale)); // the same request again, without an answer
        await device.Pay();
        await MustRefuseKey(till, device, "afk-NotForAnyEyes");
        Assert.DoesNotContain("NotForAnyEyes", $"{after}{await fleet.Stored()}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_signs_at_once_and_the_one_before_it_until_its_overlap_ends()
    {
        await using var receiver = await Receiver.Start();
        await using var alone = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32",
            $"--Fleet:Webhooks:AllowedPorts:0={receiver.Port}");
        var inbox = receiver.Open();
        var code = await alone.MakeMerchant(
            code => new { merchant_code = code, sandbox = true, return_url = $"{inbox.Url}" });
        var (first, second) = (await Rotate(alone, code), await Rotate(alone, code));
        await using var device = await alone.PairedDevice(till: alone.TillOf(code));

        Assert.Equal([first, second], await SignersOf(alone, code, device, inbox, [first, second]));
        await alone.Services.GetRequiredService<WebhookSender>().Settled();
        alone.Pass(86_400);
        await using var later = await alone.PairedDevice(till: alone.TillOf(code));
        Assert.Equal([second], await SignersOf(alone, code, later, inbox, [first, second]));
        Assert.DoesNotContain(second, $"{await alone.ReadMerchant(code)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_change_of_a_merchant_is_in_the_audit()
    {
        var code = await fleet.MakeMerchant();
        using var update = await fleet.Update(code, new { name = "Shop", currency = "EUR" });
        await fleet.Change($"{code}/affiliate-keys", new { name = "tills", app_id = "a", key = "k" });
        await fleet.Change($"{code}/webhook-secrets/rotate", new { });
        await fleet.Change($"{code}/suspend", new { reason = "secret reason" });
        await fleet.Change($"{code}/resume", new { });

        var rows = (await fleet.HeadOffice().AuditRows()).Where(row => row.Text("subject") == code).ToList();

        Assert.Equal(
            ["merchant.create", "merchant.update", "affiliate.add", "secret.rotate", "merchant.suspend",
                "merchant.resume"],
            rows.Select(row => row.Text("action")));
        Assert.All(rows, row => Assert.Equal(code, row.Text("merchant_code")));
        Assert.Equal("name currency", rows[1].Text("detail"));
        Assert.Equal("tills", rows[2].Text("detail"));
    }

    [Fact]
    public async Task Merchants_are_there_again_after_the_node_was_restarted()
    {
        await using var first = await FleetApp.Start();
        var code = await first.MakeMerchant();
        await first.Stop();
        await using var second = await FleetApp.Start(first.Folder);

        Assert.Equal("Corner shop", (await second.ReadMerchant(code)).Text("name"));
    }

    private static async Task MustRefuseKey(Till till, TestDevice device, string key)
    {
        using var answer = await till.Post($"readers/{device.ReaderId}/checkout", Sold("com.till", key));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("is not an affiliate key of this merchant", $"{await answer.Json()}", StringComparison.Ordinal);
    }

    /// <summary>A device with real cards, paired with a live merchant.</summary>
    private async Task<TestDevice> LivePairedDevice(Till till)
    {
        var device = await fleet.Device(model: "solo");
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        using (await till.Post("readers", new { pairing_code = code, name = "Lane" })) await device.ConfirmPairing();
        return device;
    }

    private static object Sold(string app, string key) => new
    {
        total_amount = new { currency = "EUR", minor_unit = 2, value = 100 },
        affiliate = new { app_id = app, key, foreign_transaction_id = $"{Guid.NewGuid()}" },
    };

    private static async Task<string> Rotate(FleetApp node, string code) =>
        (await node.Change($"{code}/webhook-secrets/rotate", new { })).Text("secret");

    /// <summary>Which of some secrets sign the next webhook.</summary>
    private static async Task<List<string>> SignersOf(
        FleetApp node, string code, TestDevice device, Receiver.Inbox inbox, string[] secrets)
    {
        var checkout = await node.TillOf(code).Charge(device.ReaderId);
        await device.Pay();
        var told = await inbox.Next();
        var signed = $"{told.Headers["webhook-id"]}.{told.Headers["webhook-timestamp"]}.{told.Body}";
        var signatures = told.Headers["webhook-signature"].Split(' ');
        Assert.Equal(signatures.Length, secrets.Count(IsIn));
        return [.. secrets.Where(IsIn)];

        bool IsIn(string secret) => signatures.Contains("v1," + Convert.ToBase64String(HMACSHA256.HashData(
            Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes(signed))));
    }

    private async Task<List<string?>> List(string query)
    {
        using var answer = await fleet.HeadOffice().Get($"{MerchantCalls.Path}?{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return [.. (await answer.Json()).GetProperty("merchants").EnumerateArray()
            .Select(one => one.GetProperty("merchant_code").GetString())];
    }
}

/// <summary>Merchants in a cluster: what one node changes counts on the others.</summary>
[Trait("storage", "own")]
public sealed class ClusterMerchantTests
{
    [Fact]
    public async Task A_merchant_made_on_one_node_pays_on_another_and_is_suspended_there()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        var code = await first.MakeMerchant();
        first.Pass(2);
        await Eventually.Equal(200, () => second.TillOf(code).Status(), () => first.Pass(0.1));
        await using var device = await second.PairedDevice(till: second.TillOf(code));
        var checkout = await second.TillOf(code).Charge(device.ReaderId);
        await device.Pay();

        await second.Change($"{code}/suspend", new { reason = "contract ended" });

        Assert.Equal("MERCHANT_SUSPENDED", await second.TillOf(code).RefusedStart(device.ReaderId, Checkouts.Coffee));
        first.Pass(2);
        await Eventually.Equal("suspended", async () =>
            (await first.ReadMerchant(code)).TryGetProperty("suspension", out _) ? "suspended" : "active",
            () => first.Pass(0.1));
        Assert.Equal("MERCHANT_SUSPENDED", await first.TillOf(code).RefusedStart(device.ReaderId, Checkouts.Coffee));
    }
}

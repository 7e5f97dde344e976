using System.Text.Json;
using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;

namespace Fleet.Torture.SelfTest;

/// <summary>
/// A fault that does not happen proves nothing: of each it is looked at what a client sees, what the cloud did, and
/// what the journal says.
/// </summary>
[Collection(CloudFixture.Name)]
public sealed class CloudProxyTests(CloudFixture fixture)
{
    /// <summary>Every fault of a create: what the client sees, and whether the cloud has taken it.</summary>
    private static readonly (CloudFault Fault, string Seen, bool Taken)[] OfCreates =
    [
        (CloudFault.ClosedBefore, "closed", false),
        (CloudFault.ResetBefore, "reset", false),
        (CloudFault.SilentBefore, "silence", false),
        (CloudFault.TooMany, """429 {"detail":"Too Many Requests"}""", false),
        (CloudFault.TooManyWait, "429 after 2", false),
        (CloudFault.ErrorBefore, """500 {"detail":"Internal Server Error"}""", false),
        (CloudFault.BadGatewayBefore, """502 {"detail":"Bad Gateway"}""", false),
        (CloudFault.BadPageBefore, "502 text/html", false),
        (CloudFault.GatewayTimeoutBefore, """504 {"detail":"Gateway Timeout"}""", false),
        (CloudFault.Untyped422, """422 {"detail":"Unprocessable Entity"}""", false),
        (CloudFault.PhantomAccept, "201", false),
        (CloudFault.ClosedAfter, "closed", true),
        (CloudFault.ResetAfter, "reset", true),
        (CloudFault.SilentAfter, "silence", true),
        (CloudFault.ErrorAfter, """500 {"detail":"Internal Server Error"}""", true),
        (CloudFault.BadGatewayAfter, """502 {"detail":"Bad Gateway"}""", true),
        (CloudFault.BadPageAfter, "502 text/html", true),
        (CloudFault.GatewayTimeoutAfter, """504 {"detail":"Gateway Timeout"}""", true),
        (CloudFault.BrokenJson, "201 application/json", true),
        (CloudFault.NoCheckoutId, "201", true),
        (CloudFault.Delayed, "201", true),
        (CloudFault.TransactionLate, "201", true),
        (CloudFault.CallbackFirst, "201", true),
        (CloudFault.CallbackTwice, "201", true),
        (CloudFault.CallbackForged, "201", true),
        (CloudFault.CallbackNever, "201", true),
    ];

    private FaultProxy Proxy => fixture.Cloud.Proxy;

    public static TheoryData<string, string, bool> Creates() =>
        [.. OfCreates.Select(one => ($"{one.Fault}", one.Seen, one.Taken))];

    [Theory]
    [MemberData(nameof(Creates))]
    public async Task A_create_goes_wrong_as_planned(string fault, string seen, bool taken)
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        var planned = Enum.Parse<CloudFault>(fault);
        Proxy.Plan.Next(CloudOperation.Create, planned);
        Proxy.Times = new() { Delay = TimeSpan.FromMilliseconds(300) };
        if (seen is "silence") client.Patience = TimeSpan.FromMilliseconds(400);

        var sight = await client.Create(fixture.Reader, reference, returnUrl: fixture.Receiver.ReturnUrl);

        Assert.Equal(seen, sight.What);
        if (planned is CloudFault.Delayed) Assert.InRange(sight.Took, Proxy.Times.Delay, client.Patience);
        // The client may have given up before the cloud had answered.
        await Eventually.Equal(((CloudFault?)planned, taken, taken), () => Task.FromResult(About(reference)));
        var call = Assert.Single(Proxy.Journal.CreatesOf(reference));
        Assert.Equal(sight.What is ['2' or '4' or '5', ..] ? sight.What[..3] : "", $"{call.Told}");
        Assert.Equal(
            (1, taken ? 1 : 0), (Proxy.Journal.CountArrived(reference), Proxy.Journal.CountForwarded(reference)));
        Assert.Equal(taken, await Has(reference));
    }

    [Fact]
    public void Every_fault_of_a_create_is_tried() =>
        Assert.Equal(CloudFaults.Of(CloudOperation.Create).Order(), OfCreates.Select(one => one.Fault).Order());

    [Fact]
    public async Task Without_a_plan_the_cloud_is_seen_as_it_is()
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();

        var taken = await client.Create(fixture.Reader, reference);
        await fixture.Cloud.Quiet();
        var read = await client.Read(fixture.Reader, $"/checkout/{taken.Data.GetProperty("checkout_id")}");
        var found = await client.Transactions($"?foreign_transaction_id={reference}");

        Assert.Equal("successful", read.Data.GetProperty("status").GetString());
        Assert.Equal("SUCCESSFUL", StatusOf(found));
        var told = Assert.Single(Proxy.Journal.CreatesOf(reference));
        Assert.Equal(
            (told.CheckoutId, told.ClientId),
            ($"{taken.Data.GetProperty("checkout_id")}", $"{taken.Data.GetProperty("client_transaction_id")}"));
        Assert.Equal(
            [CloudOperation.Create, CloudOperation.GetCheckout, CloudOperation.TransactionByForeignId],
            Proxy.Journal.Calls.Where(call => call.ForeignId == reference).Select(call => call.Operation));
        Assert.All(Proxy.Journal.Calls.Where(call => call.ForeignId == reference), call => Assert.Null(call.Fault));
    }

    [Fact]
    public async Task A_cloud_that_is_down_refuses_connections_and_comes_back()
    {
        using var client = await fixture.Client();
        var (lost, sold) = (fixture.NewReference(), fixture.NewReference());
        await Proxy.GoDown();
        Assert.Equal("refused", (await client.Create(fixture.Reader, lost)).What);
        await Proxy.ComeUp();

        Assert.Equal("201", (await client.Create(fixture.Reader, sold)).What);
        Assert.Equal((0, 1), (Proxy.Journal.CountArrived(lost), Proxy.Journal.CountArrived(sold)));
    }

    [Fact]
    public async Task A_phantom_has_ids_that_the_cloud_does_not_know()
    {
        using var client = await fixture.Client();
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.PhantomAccept);

        var taken = await client.Create(fixture.Reader, fixture.NewReference());

        var read = await client.Read(fixture.Reader, $"/checkout/{taken.Data.GetProperty("checkout_id")}");
        Assert.StartsWith("404", read.What);
        var found = await client.Transactions(
            $"?client_transaction_id={taken.Data.GetProperty("client_transaction_id")}");
        Assert.StartsWith("404", found.What);
    }

    [Fact]
    public async Task A_create_is_answered_without_the_id_of_its_checkout()
    {
        using var client = await fixture.Client();
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.NoCheckoutId);

        var taken = await client.Create(fixture.Reader, fixture.NewReference());

        Assert.Equal(["client_transaction_id"], taken.Data.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task A_late_transaction_is_not_found_for_a_while_by_any_of_its_ids()
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        var taken = await client.Create(fixture.Reader, reference);
        await fixture.Cloud.Quiet();
        Proxy.Plan.For(reference, CloudOperation.TransactionByForeignId, CloudFault.TransactionLate);
        var id = $"{taken.Data.GetProperty("client_transaction_id")}";

        Assert.Equal("404 NOT_FOUND", (await client.Transactions($"?foreign_transaction_id={reference}")).What);
        Assert.Equal("404 NOT_FOUND", (await client.Transactions($"?client_transaction_id={id}")).What);
        Assert.DoesNotContain(id, $"{(await client.Transactions("/history?limit=1000")).Body}");
        Assert.True(await Has(reference));
        Proxy.Times = new() { NotFound = TimeSpan.FromSeconds(1) };
        await Eventually.Equal("200",
            async () => (await client.Transactions($"?client_transaction_id={id}")).What);
        Assert.Contains(id, $"{(await client.Transactions("/history?limit=1000")).Body}");
    }

    [Fact]
    public async Task A_transaction_is_found_only_when_its_payment_has_ended_if_the_cloud_is_to_be_like_that()
    {
        using var client = await fixture.Client();
        Proxy.HidesOpenTransactions = true;
        var reference = fixture.NewReference();
        await client.Create(fixture.SlowReader, reference);

        Assert.Equal("404 NOT_FOUND", (await client.Transactions($"?foreign_transaction_id={reference}")).What);
        await fixture.Cloud.Quiet();
        Assert.Equal("SUCCESSFUL", StatusOf(await client.Transactions($"?foreign_transaction_id={reference}")));
    }

    [Theory]
    [InlineData("TerminateIgnored", "SUCCESSFUL")]
    [InlineData("ResetAfter", "CANCELLED")]
    public async Task A_terminate_may_be_accepted_and_ignored_or_lost_and_carried_out(string fault, string end)
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        await client.Create(fixture.SlowReader, reference);
        Proxy.Plan.Next(CloudOperation.Terminate, Enum.Parse<CloudFault>(fault));

        var told = await client.Terminate(fixture.SlowReader);

        Assert.Equal(end is "SUCCESSFUL" ? "202" : "reset", told.What);
        await fixture.Cloud.Quiet();
        Assert.Equal(end, StatusOf(await client.Transactions($"?foreign_transaction_id={reference}")));
        Assert.Equal(end is "CANCELLED", Proxy.Journal.Calls.Last(call =>
            call.Operation is CloudOperation.Terminate).Forwarded);
    }

    [Theory]
    [InlineData("NewWords", "SOMETHING_NEW")]
    [InlineData("NullWords", "")]
    public async Task Words_that_no_client_knows_are_told_of_everything_that_is_read(string fault, string word)
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        var taken = await client.Create(fixture.Reader, reference);
        await fixture.Cloud.Quiet();
        foreach (var operation in new[]
        {
            CloudOperation.GetCheckout, CloudOperation.Status, CloudOperation.TransactionByForeignId,
            CloudOperation.History, CloudOperation.Readers,
        })
        {
            Proxy.Plan.Next(operation, Enum.Parse<CloudFault>(fault));
        }

        var read = await client.Read(fixture.Reader, $"/checkout/{taken.Data.GetProperty("checkout_id")}");
        var status = await client.Read(fixture.Reader, "/status");
        var found = await client.Transactions($"?foreign_transaction_id={reference}");
        var page = await client.Transactions("/history");
        var reader = await client.Read(fixture.Reader, "");

        Assert.Equal(
            [word, word, word, word, word, word],
            new[]
            {
                $"{read.Data.GetProperty("status")}", $"{read.Data.GetProperty("payment_status")}",
                $"{status.Data.GetProperty("state")}", StatusOf(found),
                $"{page.Body?.GetProperty("items")[0].GetProperty("status")}",
                $"{reader.Body?.GetProperty("status")}",
            });
    }

    [Fact]
    public async Task A_clock_that_is_ahead_is_seen_in_every_time_and_in_what_is_asked_by_it()
    {
        using var client = await fixture.Client();
        Proxy.Times = new() { ClockOff = TimeSpan.FromSeconds(90) };
        var reference = fixture.NewReference();
        await client.Create(fixture.Reader, reference);
        await fixture.Cloud.Quiet();

        var found = await client.Transactions($"?foreign_transaction_id={reference}");

        var (now, at) = (Now(), found.Body?.GetProperty("timestamp").GetDateTimeOffset() ?? default);
        Assert.InRange(at - now, TimeSpan.FromSeconds(80), TimeSpan.FromSeconds(91));
        Assert.InRange((found.Date ?? default) - now, TimeSpan.FromSeconds(80), TimeSpan.FromSeconds(91));
        Assert.Equal((1, 0), (await CountSince(client, at), await CountSince(client, at.AddMilliseconds(1))));
        Assert.Equal(CloudFault.ClockOff, Assert.Single(Proxy.Journal.CreatesOf(reference)).Fault);
    }

    [Fact]
    public async Task A_script_for_one_checkout_waits_for_it_and_wins_over_that_of_the_next_call()
    {
        using var client = await fixture.Client();
        var (first, second) = (fixture.NewReference(), fixture.NewReference());
        Proxy.Plan.For(second, CloudOperation.Create, CloudFault.ErrorBefore);
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.TooManyWait, CloudFault.BadPageBefore);

        Assert.Equal("429 after 2", (await client.Create(fixture.Reader, first)).What);
        Assert.StartsWith("500", (await client.Create(fixture.Reader, second)).What);
        Assert.StartsWith("502", (await client.Create(fixture.Reader, first)).What);
        Assert.Equal("201", (await client.Create(fixture.Reader, first)).What);
        Assert.Equal((3, 1), (Proxy.Journal.CountArrived(first), Proxy.Journal.CountForwarded(first)));
    }

    [Fact]
    public async Task The_truth_has_every_charge_with_its_amount_tip_and_reference()
    {
        using var client = await fixture.Client();
        var (plain, tipped, declined) = (fixture.NewReference(), fixture.NewReference(), fixture.NewReference());
        await client.Create(fixture.Cloud.Readers[1], plain, 700);
        await client.Create(fixture.Cloud.Readers[2], tipped, 1000, tips: [0.1m, 0.2m]);
        await client.Create(fixture.Cloud.Readers[3], declined, 1100);
        await fixture.Cloud.Quiet();

        var truth = (await fixture.Cloud.ReadTruth()).ToLookup(sale => sale.ForeignId);

        Assert.Equal((true, "EUR", 700, 0), About(truth[plain].Single()));
        Assert.Equal((true, "EUR", 1000, truth[tipped].Single().Tip), About(truth[tipped].Single()));
        Assert.Contains(truth[tipped].Single().Tip, new long[] { 0, 100, 200 });
        Assert.Equal((false, "EUR", 1100, 0), About(truth[declined].Single()));

        static (bool, string, long, long) About(CloudSale sale) =>
            (sale.IsCharged, sale.Currency, sale.Amount, sale.Tip);
    }

    private (CloudFault? Fault, bool Forwarded, bool Accepted) About(string reference) =>
        Proxy.Journal.CreatesOf(reference) is [var call] ? (call.Fault, call.Forwarded, call.IsAccepted) : default;

    /// <summary>Whether the cloud knows a reference, asked past the proxy.</summary>
    private async Task<bool> Has(string reference)
    {
        using var answer = await fixture.Cloud.Truth.Get(
            $"/v2.1/merchants/{StandInCloud.MerchantCode}/transactions?foreign_transaction_id={reference}");
        return answer.IsSuccessStatusCode;
    }

    private static async Task<int> CountSince(CloudClient client, DateTimeOffset time) =>
        (await client.Transactions($"/history?changes_since={CloudAnswer.TextOf(time)}")).Body?
            .GetProperty("items").GetArrayLength() ?? -1;

    private static string StatusOf(Sight sight) =>
        sight.Body is { ValueKind: JsonValueKind.Object } body ? $"{body.GetProperty("status")}" : sight.What;

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}

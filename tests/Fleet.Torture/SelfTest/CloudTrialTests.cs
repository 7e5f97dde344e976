using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;

namespace Fleet.Torture.SelfTest;

/// <summary>The stand-in, the proxy and the verdict together, with clients of a few lines in Fleet's place.</summary>
[Collection(CloudFixture.Name)]
public sealed class CloudTrialTests(CloudFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private FaultProxy Proxy => fixture.Cloud.Proxy;

    [Fact]
    public async Task A_client_that_sends_once_and_asks_when_all_is_over_is_found_honest()
    {
        using var client = await fixture.Client();
        Proxy.Times = new() { Delay = TimeSpan.FromMilliseconds(50) };
        client.Patience = Patience;
        var faults = CloudFaults.Of(CloudOperation.Create);
        Proxy.Plan.Next(CloudOperation.Create, [.. faults]);
        var rows = new List<CloudRow>();
        foreach (var (index, _) in faults.Index()) rows.Add(await Sell(client, index % 4 == 3 ? 1100 : 2000 + index));

        rows = [.. await Task.WhenAll(rows.Select(row => Ask(client, row)))];

        var verdict = CloudVerdict.Of(await History(rows, new()
        {
            Accepted = 12, Successes = 9, Faults = faults.Count, Kinds = faults.ToDictionary(fault => fault, _ => 1),
        }));
        Assert.True(verdict.Holds, $"{verdict}");
    }

    [Fact]
    public async Task A_client_that_repeats_a_create_without_an_answer_is_found_out()
    {
        using var client = await fixture.Client();
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.ResetAfter);
        var row = await Sell(client, 2000);
        await client.Create(fixture.Reader, row.ForeignId ?? "", 2000);
        await fixture.Cloud.Quiet();

        var verdict = CloudVerdict.Of(await History([await Ask(client, row)], new()));

        Assert.Equal("one request per checkout", Assert.Single(verdict.Findings, finding => !finding.Holds).Rule);
    }

    /// <summary>Sends one create, and waits until it has ended, whatever became of it.</summary>
    private async Task<CloudRow> Sell(CloudClient client, long amount)
    {
        var reference = fixture.NewReference();
        var told = await client.Create(
            fixture.Reader, reference, amount, fixture.Receiver.ReturnUrl, amount > 2000 ? [0.1m, 0.2m] : null);
        await Eventually.Equal(true, () => Task.FromResult(
            Proxy.Journal.CreatesOf(reference) is [{ Fault: not null, Forwarded: false } or { Status: not null }]));
        await fixture.Cloud.Quiet();
        return new(Guid.NewGuid(), "rdr_own", "started", told.What[0] is '4' && told.What[..3] is not "429"
            ? "refused_by_provider" : null, "EUR", amount, 0, reference, fixture.Reader);
    }

    /// <summary>What the cloud knows of a sale, when nothing goes wrong any more.</summary>
    private async Task<CloudRow> Ask(CloudClient client, CloudRow row)
    {
        Proxy.Plan.Calm();
        Proxy.Times = new() { NotFound = TimeSpan.Zero };
        var found = await client.Transactions($"?foreign_transaction_id={row.ForeignId}");
        if (found is not { What: "200", Body: { } body })
        {
            return row with // as if two minutes had passed
            {
                State = "cancelled",
                Reason = row.Reason ?? "not_started",
                SentAt = default(DateTimeOffset),
                EndedAt = default(DateTimeOffset).AddMinutes(2),
            };
        }
        var status = $"{body.GetProperty("status")}";
        return row with
        {
            State = status.ToLowerInvariant(),
            Reason = status is "SUCCESSFUL" ? null : "declined",
            Tip = (long)(body.GetProperty("tip_amount").GetDecimal() * 100),
            CheckoutId = $"{body.GetProperty("id")}",
            ClientId = $"{body.GetProperty("client_transaction_id")}",
        };
    }

    private async Task<CloudHistory> History(IReadOnlyList<CloudRow> rows, CloudPlan plan)
    {
        var mine = rows.Select(row => row.ForeignId).ToHashSet();
        return new()
        {
            Plan = plan, Checkouts = rows,
            Calls = [.. Proxy.Journal.Calls.Where(call => mine.Contains(call.ForeignId))],
            Sales = [.. (await fixture.Cloud.ReadTruth()).Where(sale => mine.Contains(sale.ForeignId))],
        };
    }
}

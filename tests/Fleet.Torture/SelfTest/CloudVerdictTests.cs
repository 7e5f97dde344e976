using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.SelfTest;

/// <summary>The verdict on a run against SumUp's cloud finds what is broken on purpose, and names the rule.</summary>
public sealed class CloudVerdictTests(Databases databases)
{
    private static readonly (string Name, string Rules, Action<CloudDraft> Break)[] Breaks =
    [
        ("nothing happened at all", "enough happened", draft =>
        {
            draft.Checkouts.Clear();
            draft.Calls.Clear();
            draft.Sales.Clear();
            draft.Plan = new() { Accepted = 0, Successes = 0, Faults = 0 };
        }),
        ("nothing went wrong", "enough happened", draft =>
        {
            draft.Plan = new() { Faults = 0, MostUnknown = 1 };
            for (var i = 0; i < draft.Calls.Count; i++) draft.Calls[i] = draft.Calls[i] with { Fault = null };
        }),
        ("a fault that was planned did not come", "enough happened", draft =>
            draft.Create(1, call => call with { Fault = CloudFault.ErrorAfter })),
        ("a fault of callbacks alone is none", "enough happened", draft => Fleet.Torture.SelfTest.Breaks.Change(
            draft.Calls, draft.Calls[^1], call => call with { Operation = CloudOperation.Callback })),
        ("fewer were taken than planned", "enough happened", draft =>
            draft.Plan = draft.Plan with { Accepted = 6 }),
        ("fewer succeeded than planned", "enough happened", draft => draft.Plan = draft.Plan with { Successes = 3 }),
        ("more stay unknown than planned", "enough happened", draft =>
            draft.Plan = draft.Plan with { MostUnknown = 0 }),
        ("a checkout is sent again and does not arrive", "one request per checkout", draft =>
            draft.Calls.Add(draft.Create(3) with { Number = 9 })),
        ("a checkout is sent again and arrives", "one request per checkout", draft =>
            draft.Calls.Add(draft.Create(1) with { Number = 9 })),
        ("the cloud has a checkout twice", "one request per checkout", draft =>
            draft.Sales.Add(draft.Sale(2) with { CheckoutId = "checkout-9", ClientId = "client-9" })),
        ("a request has no reference", "saved before it is sent", draft =>
            draft.Create(3, call => call with { ForeignId = null })),
        ("a request is of no checkout", "saved before it is sent", draft =>
            draft.Calls.Add(draft.Create(3) with { ForeignId = "fleet-other" })),
        ("a request went to another reader", "saved before it is sent", draft =>
            draft.Create(0, call => call with { Reader = "rdr_D" })),
        ("a success that the cloud does not have", "successes are charges, ids are the cloud's", draft =>
        {
            draft.Create(0, call => call with { Status = 422, CheckoutId = null, ClientId = null });
            draft.Sales.Remove(draft.Sale(0));
            draft.Plan = draft.Plan with { Accepted = 4 };
        }),
        ("a success that the cloud declined", "successes are charges", draft =>
            draft.Sale(0, sale => sale with { Status = "FAILED" })),
        ("a success that was never sent", "successes are charges", draft =>
            draft.Row(7, row => row with { State = "successful" })),
        ("a charge that the ledger declined", "charges are known", draft =>
            draft.Sale(2, sale => sale with { Status = "SUCCESSFUL" })),
        ("a charge that was given up and not claimed", "charges are known", draft =>
            draft.Row(6, row => row with { ChargeClaimed = false })),
        ("a charge of which the ledger has no doubt", "charges are known, ends, or says why not", draft =>
            draft.Row(5, row => row with { Doubt = null })),
        ("a charge that was given back, and that the ledger declined", "charges are known", draft =>
            draft.Sale(2, sale => sale with { Status = "REFUNDED" })),
        ("a charge of no checkout", "charges are known", draft =>
            draft.Sales.Add(new("checkout-9", "client-9", null, "SUCCESSFUL", "EUR", 1))),
        ("a cent too much was charged", "amounts and tips agree", draft =>
            draft.Sale(0, sale => sale with { Amount = 1501 })),
        ("a tip is not stored", "amounts and tips agree", draft => draft.Row(1, row => row with { Tip = 0 })),
        ("another currency was charged", "amounts and tips agree", draft =>
            draft.Sale(0, sale => sale with { Currency = "PLN" })),
        ("a checkout is never sent and never ends", "ends, or says why not", draft =>
            draft.Row(7, row => row with { State = "accepted" })),
        ("a checkout that did not start stays open", "ends, or says why not", draft =>
            draft.Row(4, row => row with { State = "started", Doubt = null })),
        ("a checkout ends without a reason", "ends, or says why not", draft =>
            draft.Row(2, row => row with { Reason = null })),
        ("a refusal that the cloud had taken", "refusals are refusals", draft =>
            draft.Row(2, row => row with { State = "cancelled", Reason = "refused_by_provider" })),
        ("a refusal that the cloud had taken and forgot", "refusals are refusals", draft =>
            draft.Create(3, call => call with { Forwarded = true, Status = 201 })),
        ("a refusal that was charged", "charges are known, refusals are refusals", draft =>
            draft.Sales.Add(draft.Sale(2) with { ForeignId = CloudDraft.ReferenceOf(3), Status = "SUCCESSFUL" })),
        ("what the cloud may still get is given up", "given up in time", draft =>
            draft.Row(4, row => row with { EndedAt = row.SentAt + TimeSpan.FromSeconds(119) })),
        ("what the cloud does not have holds its reader", "given up in time", draft =>
            draft.Row(4, row => row with { EndedAt = row.SentAt + TimeSpan.FromMinutes(5) })),
        ("nothing was given up", "enough happened", draft => draft.Plan = draft.Plan with { NotStarted = 3 }),
        ("an id is of another payment", "ids are the cloud's", draft =>
            draft.Row(0, row => row with { ClientId = "client-1" })),
        ("an id is nowhere in the cloud", "ids are the cloud's", draft =>
            draft.Row(5, row => row with { CheckoutId = "checkout-9" })),
    ];

    [Fact]
    public void Nothing_is_found_where_all_sides_agree()
    {
        var verdict = CloudVerdict.Of(new CloudDraft().ToHistory());

        Assert.True(verdict.Holds, $"{verdict}");
    }

    public static TheoryData<string, string> Breakages() => [.. Breaks.Select(one => (one.Name, one.Rules))];

    [Theory]
    [MemberData(nameof(Breakages))]
    public void What_is_broken_is_found_and_named(string name, string rules)
    {
        var draft = new CloudDraft();
        Breaks.Single(one => one.Name == name).Break(draft);

        var verdict = CloudVerdict.Of(draft.ToHistory());

        Assert.Equal(rules, string.Join(", ",
            verdict.Findings.Where(finding => !finding.Holds).Select(finding => finding.Rule)));
    }

    [Fact]
    public void Every_rule_has_a_break_that_it_finds()
    {
        var broken = string.Join(", ", Breaks.Select(one => one.Rules));

        Assert.All(CloudVerdict.Of(new CloudDraft().ToHistory()).Findings,
            finding => Assert.Contains(finding.Rule, broken, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_ledger_is_read_with_what_became_of_its_checkouts_at_the_cloud()
    {
        var postgres = await databases.Make();
        await Databases.Execute(postgres,
            """
            CREATE TABLE checkout (checkout_id uuid, reader_id text, state text, body text);
            INSERT INTO checkout VALUES
                ('00000001-0000-0000-0000-000000000000', 'rdr_A', 'cancelled', '{"reason":"not_started",
                    "terms":{"amount":{"currency":"EUR","minor_unit":2,"value":1500}},"tip":0,"disputed":true,
                    "claims":[{"report":{"outcome":"failed","reason":"declined"}},{"report":{"outcome":"successful"}}],
                    "ended_at":"2026-11-29T10:02:01Z",
                    "cloud":{"reader_id":"rdr_C","foreign_id":"fleet-1","sent_at":"2026-11-29T10:00:00Z",
                        "checkout_id":"checkout-1","client_transaction_id":"client-1","doubt":"no_answer"}}'),
                ('00000002-0000-0000-0000-000000000000', 'rdr_A', 'successful',
                    '{"terms":{"amount":{"currency":"PLN","minor_unit":2,"value":700}},"tip":50}');
            """);
        await using var ledger = new LedgerTables(postgres);

        Assert.Equal(
            [
                new(new(1, 0, 0, new byte[8]), "rdr_A", "cancelled", "not_started", "EUR", 1500, 0, "fleet-1", "rdr_C",
                    "checkout-1", "client-1", "no_answer", ChargeClaimed: true,
                    new(2026, 11, 29, 10, 0, 0, TimeSpan.Zero), new(2026, 11, 29, 10, 2, 1, TimeSpan.Zero)),
                new CloudRow(new(2, 0, 0, new byte[8]), "rdr_A", "successful", null, "PLN", 700, 50),
            ],
            await ledger.CloudCheckouts());
    }
}

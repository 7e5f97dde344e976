using System.Net;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Checkouts;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>
/// Every device can send any serial number. That must not take a reader from its merchant, least of all during a
/// payment.
/// </summary>
public sealed class TakeoverTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_in_the_middle_of_a_payment_is_not_taken_by_its_serial_number()
    {
        await using var victim = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(victim.ReaderId);
        Assert.True(await victim.AskStart(checkout));
        var (otherStore, key) = await KeyOfAnotherStore();

        await using var thief = await fleet.Device(victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey), code));
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(fleet.TillOf(FleetApp.Merchant, key), code, otherStore));
        Assert.Equal("409 DEVICE_CONNECTED", await Pair(fleet.Till, code));

        await victim.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(victim.ReaderId, checkout));
        await fleet.Till.Charge(victim.ReaderId);
    }

    [Fact]
    public async Task A_reader_whose_device_is_away_with_an_open_payment_is_not_taken_and_the_payment_is_named()
    {
        await using var victim = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(victim.ReaderId);
        Assert.True(await victim.AskStart(checkout));
        await victim.HangUp();
        await using var thief = await fleet.Device(victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        fleet.Pass(120);

        await Eventually.Equal("409 DEVICE_HAS_CHECKOUT", () => Pair(fleet.Till, code));
        using var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        Assert.Equal($"{checkout}", (await refused.Json()).GetProperty("errors").Text("checkout_id"));
        await using var back = await victim.ConnectAgain();
        await back.Resume();
        await back.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(victim.ReaderId, checkout));
    }

    [Fact]
    public async Task A_device_that_was_reset_is_paired_anew_when_its_old_connection_is_gone_for_a_minute()
    {
        await using var before = await fleet.PairedDevice();
        await before.HangUp();
        await using var reset = await fleet.Device(before.Serial);
        await reset.Introduce();
        var code = (await reset.Expect<PairingCode>()).Code;
        await Eventually.Equal("409 DEVICE_JUST_GONE", () => Pair(fleet.Till, code));
        using (var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" }))
            Assert.InRange(refused.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1),
                TimeSpan.FromSeconds(60));
        fleet.Pass(59);
        using (var refused = await fleet.Till.Post("readers", new { pairing_code = code, name = "Lane" }))
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        fleet.Pass(1);

        Assert.Equal("201", await Pair(fleet.Till, code));
        await reset.ConfirmPairing();
        Assert.Equal("expired", await Status(before.ReaderId));
        await fleet.Till.Charge(reset.ReaderId);
    }

    [Fact]
    public async Task A_pairing_that_was_never_confirmed_gives_way_to_its_own_merchant_and_to_others_when_it_expires()
    {
        var others = fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey);
        await using var device = await fleet.Device();
        await device.Introduce();
        Assert.Equal("201", await Pair(fleet.Till, (await device.Expect<PairingCode>()).Code));
        var lost = await device.Expect<Paired>(); // and its credential is lost before it was used
        await device.Introduce();
        var code = (await device.Expect<PairingCode>()).Code;
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(others, code));
        Assert.Equal("201", await Pair(fleet.Till, code));
        var second = await device.Expect<Paired>();
        Assert.NotEqual(lost.ReaderId, second.ReaderId);

        await device.Introduce();
        code = (await device.Expect<PairingCode>()).Code;
        fleet.Pass(299);
        Assert.Equal("409 PAIRED_ELSEWHERE", await Pair(others, code));
        fleet.Pass(1);
        Assert.Equal("201", await Pair(others, (await device.Expect<PairingCode>()).Code));
        await device.ConfirmPairing();
    }

    [Fact]
    public async Task A_device_whose_reader_was_deleted_is_paired_at_once_by_any_merchant()
    {
        await using var before = await fleet.PairedDevice();
        await before.HangUp();
        using (await fleet.Till.Delete($"readers/{before.ReaderId}")) { }
        await using var reset = await fleet.Device(before.Serial);
        await reset.Introduce();

        var code = (await reset.Expect<PairingCode>()).Code;
        Assert.Equal("201", await Pair(fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey), code));
    }

    [Fact]
    public async Task The_old_credential_stays_good_for_results_and_disturbs_nobody()
    {
        await using var before = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(before.ReaderId);
        Assert.True(await before.AskStart(checkout));
        await before.HangUp();
        using (await fleet.Till.Delete($"readers/{before.ReaderId}")) { }
        await using var now = await fleet.Device(before.Serial);
        await now.Introduce();
        Assert.Equal("201", await Pair(fleet.Till, (await now.Expect<PairingCode>()).Code));
        await now.ConfirmPairing();

        await using var old = await before.ConnectAgain();
        await old.Send(new Hello(old.Serial, "virtual-solo", old.Firmware, before.ReaderId, before.Credential));
        await old.Expect<Unpaired>();
        await old.Send(new Result(0, checkout, Outcomes.Approved, null, 1500));
        await old.Expect<Ack>();
        using var paid = await fleet.Till.Get($"/v2.1/merchants/{FleetApp.Merchant}/transactions?id={checkout}");
        Assert.Equal("SUCCESSFUL", (await paid.Json()).Text("status"));
        var next = await fleet.Till.Charge(now.ReaderId);
        Assert.True(await now.AskStart(next));
    }

    [Fact]
    public async Task A_refused_pairing_is_no_wrong_code_and_leaves_the_code_on_the_screen()
    {
        await using var victim = await fleet.PairedDevice();
        await using var other = await fleet.Device(victim.Serial);
        await other.Introduce();
        var code = (await other.Expect<PairingCode>()).Code;
        for (var i = 0; i < 25; i++) Assert.Equal("409 DEVICE_CONNECTED", await Pair(fleet.Till, code));
        using (await fleet.Till.Delete($"readers/{victim.ReaderId}")) { }

        Assert.Equal("201", await Pair(fleet.Till, code));
    }

    /// <summary>
    /// As after a freeze: the reader was active on another node, and this activation does not know its newest events.
    /// </summary>
    [Fact]
    public async Task A_reader_whose_memory_is_behind_its_ledger_gives_up_no_device()
    {
        await using var victim = await fleet.PairedDevice();
        await fleet.Till.Charge(victim.ReaderId);
        await victim.Pay();
        await victim.HangUp();
        await fleet.Till.Becomes(victim.ReaderId, "OFFLINE");
        await using var thief = await fleet.Device(victim.Serial);
        await thief.Introduce();
        var code = (await thief.Expect<PairingCode>()).Code;
        fleet.Pass(120);
        var checkout = await StartedElsewhere(victim.ReaderId);

        Assert.Equal("409 DEVICE_HAS_CHECKOUT", await Pair(fleet.Till, code));
        await using var back = await victim.ConnectAgain();
        Assert.Equal(checkout, (await back.Resume()).Checkout?.CheckoutId);
        await back.Approve(checkout);
        Assert.Equal("successful", await fleet.Till.Outcome(victim.ReaderId, checkout));
    }

    [Fact]
    public async Task A_refusal_to_pair_names_the_reader_to_those_whose_key_reaches_it_and_to_no_others()
    {
        await using var victim = await fleet.PairedDevice("Lane 3");
        await using var reset = await fleet.Device(victim.Serial);
        await reset.Introduce();
        var code = (await reset.Expect<PairingCode>()).Code;
        var ask = new { pairing_code = code, name = "Mine" };

        using var mine = await fleet.Till.Post("readers", ask);
        var errors = (await mine.Json()).GetProperty("errors");
        Assert.Equal((victim.ReaderId, "Lane 3"), (errors.Text("reader_id"), errors.Text("reader_name")));
        Assert.Contains("\"Lane 3\"", errors.Text("detail"), StringComparison.Ordinal);
        using var others = await fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey).Post("readers", ask);
        var told = await others.Content.ReadAsStringAsync(Cancel);
        Assert.DoesNotContain("Lane 3", told, StringComparison.Ordinal);
        Assert.DoesNotContain(victim.ReaderId, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_and_lists_are_refused_like_tills_and_a_dry_run_says_so_before()
    {
        using var caller = new RpcCaller(fleet);
        await using var victim = await fleet.PairedDevice();
        await using var reset = await fleet.Device(victim.Serial);
        await reset.Introduce();
        var one = new Proto.PairRequest { PairingCode = (await reset.Expect<PairingCode>()).Code, Name = "Lane" };
        Assert.Equal("DEVICE_CONNECTED",
            await caller.Readers.PairAsync(one, caller.Headers, cancellationToken: Cancel).Refused());
        Assert.Equal("DEVICE_CONNECTED", await Listed(dryRun: true));
        Assert.Equal("DEVICE_CONNECTED", await Listed(dryRun: false));

        await victim.HangUp();
        await fleet.Till.Becomes(victim.ReaderId, "OFFLINE");
        var wait = await Assert.ThrowsAsync<RpcException>(
            async () => await caller.Readers.PairAsync(one, caller.Headers, cancellationToken: Cancel));
        var info = wait.GetRpcStatus()?.GetDetail<ErrorInfo>();
        Assert.Equal(("DEVICE_JUST_GONE", "60", victim.ReaderId),
            (info?.Reason, info?.Metadata["retry_after_seconds"], info?.Metadata["reader_id"]));
        fleet.Pass(60);
        Assert.Equal("", await Listed(dryRun: true));
        Assert.Equal("paired", await Status(victim.ReaderId)); // it gave up nothing
        Assert.Equal("", await Listed(dryRun: false));
        Assert.Equal("expired", await Status(victim.ReaderId));

        async Task<string> Listed(bool dryRun)
        {
            var ask = new Proto.PairManyRequest { DryRun = dryRun, Readers = { one } };
            using var many = caller.Readers.PairMany(ask, caller.Headers, cancellationToken: Cancel);
            await many.ResponseStream.MoveNext(Cancel);
            return many.ResponseStream.Current.Refused?.Reason ?? "";
        }
    }

    [Fact]
    public async Task Of_two_merchants_with_two_codes_of_a_device_one_gets_it_and_the_other_no_reader_at_all()
    {
        var (mine, others) = (fleet.Till, fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey));
        for (var round = 0; round < 10; round++)
        {
            await using var device = await fleet.Device();
            await using var twin = await fleet.Device(device.Serial);
            var codes = await Task.WhenAll(new[] { device, twin }.Select(async one =>
            {
                await one.Introduce();
                return (await one.Expect<PairingCode>()).Code;
            }));
            var before = await Task.WhenAll(Count(mine), Count(others));
            var answers = await Task.WhenAll(Pair(mine, codes[0]), Pair(others, codes[1]));

            Assert.Single(answers, "201");
            Assert.Equal(answers.Select(answer => answer is "201" ? 1 : 0),
                (await Task.WhenAll(Count(mine), Count(others))).Zip(before, (now, then) => now - then));
        }

        static async Task<int> Count(Till till)
        {
            using var answer = await till.Get("readers");
            return (await answer.Json()).GetProperty("items").GetArrayLength();
        }
    }

    /// <summary>A checkout that was accepted and started while this activation did not look.</summary>
    private async Task<Guid> StartedElsewhere(string readerId)
    {
        var ledger = fleet.Services.GetRequiredService<ILedger>();
        var head = await ledger.LoadHead(readerId, Cancel);
        var now = fleet.Clock.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var accepted = Assert.IsType<Checkout>(head.Latest) with
        {
            Id = id,
            ClientTransactionId = Fleet.Core.Ids.ClientTransactionOf(id),
            State = CheckoutState.Accepted,
            Card = null,
            AcceptedAt = now,
            ValidUntil = now + ReaderRules.Window,
            UpdatedAt = now,
            EndedAt = null,
        };
        await Append(head.Version, new(EventKind.Accepted, accepted));
        await Append(head.Version + 1, new(EventKind.Started, accepted with { State = CheckoutState.Started }));
        return id;

        async Task Append(long version, ReaderEvent happened) => Assert.Equal(
            AppendOutcome.Appended, await ledger.AppendEvents(new(readerId, version, [happened])));
    }

    private async Task<string> Status(string readerId)
    {
        using var reader = await fleet.Till.Get($"readers/{readerId}");
        return (await reader.Json()).Text("status");
    }

    private async Task<(string Store, string Key)> KeyOfAnotherStore()
    {
        var store = $"s{Guid.NewGuid():n}"[..20];
        using (await fleet.Till.Post("/fleet/v1/stores", new { store })) { }
        var key = await fleet.Till.MakeKey(
            new { name = "store", scopes = new[] { "readers.read", "readers.write" }, store });
        return (store, key.Key);
    }

    private static async Task<string> Pair(Till till, string code, string? store = null)
    {
        using var answer = store is null
            ? await till.Post("readers", new { pairing_code = code, name = "Mine" })
            : await till.Post("readers", new { pairing_code = code, name = "Mine", metadata = new { store } });
        return answer.StatusCode is HttpStatusCode.Created ? "201" : await answer.Refusal();
    }
}

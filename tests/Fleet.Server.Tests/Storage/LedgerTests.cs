using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Tests;

/// <summary>What every ledger promises, whatever database is behind it.</summary>
public abstract class LedgerTests : IAsyncLifetime
{
    private protected static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private readonly List<ILedger> _open = [];
    private ILedger? _first;

    private ILedger _ledger => _first ?? throw new InvalidOperationException("The ledger is not open yet.");

    /// <summary>A ledger on the test's database; each is another node's.</summary>
    private protected abstract Task<ILedger> Open(string node);

    /// <summary>A ledger on a database of the release before sales were single, upgraded.</summary>
    /// <param name="rows">An insert into it; <c>@time</c> stands for a time.</param>
    private protected abstract Task<ILedger> OpenOlder(string rows);

    /// <summary>The outbox of the test's database.</summary>
    private protected abstract IOutbox Outbox { get; }

    /// <summary>The same as a merchant sees it.</summary>
    private protected abstract IDeliveries Deliveries { get; }

    public virtual async ValueTask InitializeAsync() => _first = await OpenLedger("node-1");

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var ledger in _open.Cast<IAsyncDisposable>()) await ledger.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task<ILedger> OpenLedger(string node)
    {
        var ledger = await Open(node);
        _open.Add(ledger);
        return ledger;
    }

    [Fact]
    public async Task What_was_appended_is_loaded_again_as_it_was()
    {
        var checkout = Coffee("rdr_a");
        await Append("rdr_a", 0, Accepted(checkout));

        var head = await _ledger.LoadHead("rdr_a", Cancel);

        Assert.Equal(1, head.Version);
        Assert.Equivalent(checkout, head.Latest, strict: true);
        Assert.Equivalent(checkout, await _ledger.FindCheckout("rdr_a", checkout.Id, Cancel), strict: true);
        Assert.Null(await _ledger.FindCheckout("rdr_b", checkout.Id, Cancel));
    }

    [Fact]
    public async Task A_reader_nobody_wrote_about_has_version_zero()
    {
        Assert.Equal(new LedgerHead(0, null), await _ledger.LoadHead("rdr_new", Cancel));
    }

    [Fact]
    public async Task An_append_on_an_older_version_is_refused_and_stores_nothing()
    {
        await Append("rdr_a", 0, Accepted(Coffee("rdr_a")));
        var late = Coffee("rdr_a");

        Assert.Equal(AppendOutcome.Stale, await Append("rdr_a", 0, Accepted(late)));
        Assert.Null(await _ledger.FindCheckout("rdr_a", late.Id, Cancel));
    }

    [Fact]
    public async Task A_second_open_checkout_is_refused_even_on_the_right_version()
    {
        await Append("rdr_a", 0, Accepted(Coffee("rdr_a")));
        var second = Coffee("rdr_a");

        Assert.Equal(AppendOutcome.Stale, await Append("rdr_a", 1, Accepted(second)));
        Assert.Null(await _ledger.FindCheckout("rdr_a", second.Id, Cancel));
        Assert.Equal(1, (await _ledger.LoadHead("rdr_a", Cancel)).Version);
    }

    [Fact]
    public async Task A_final_state_never_changes()
    {
        var checkout = Coffee("rdr_a");
        var paid = checkout with { State = CheckoutState.Successful };
        await Append("rdr_a", 0, Accepted(checkout));
        await Append("rdr_a", 1, new ReaderEvent(EventKind.Succeeded, paid));

        var outcome = await Append(
            "rdr_a", 2, new ReaderEvent(EventKind.Failed, paid with { State = CheckoutState.Failed }));

        Assert.Equal(AppendOutcome.Stale, outcome);
        Assert.Equal(CheckoutState.Successful, (await _ledger.LoadHead("rdr_a", Cancel)).Latest?.State);
    }

    [Fact]
    public async Task An_item_that_is_refused_takes_none_of_its_group_with_it()
    {
        await Append("rdr_0", 0, Accepted(Coffee("rdr_0")));
        var group = Enumerable.Range(0, 200).Select(i => Append($"rdr_{i}", 0, Accepted(Coffee($"rdr_{i}")))).ToList();

        var outcomes = await Task.WhenAll(group);

        Assert.Equal(AppendOutcome.Stale, outcomes[0]);
        Assert.All(outcomes.Skip(1), outcome => Assert.Equal(AppendOutcome.Appended, outcome));
    }

    [Fact]
    public async Task One_of_many_writers_on_one_version_wins()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => Append("rdr_a", 0, Accepted(Coffee("rdr_a")))));

        Assert.Single(outcomes, AppendOutcome.Appended);
        Assert.Equal(1, (await _ledger.LoadHead("rdr_a", Cancel)).Version);
    }

    [Fact]
    public async Task The_latest_checkout_is_the_one_accepted_last()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_a"));
        await Append("rdr_a", 0, Accepted(first));
        await Append("rdr_a", 1, Cancelled(first), Accepted(second));
        await Append("rdr_a", 3, new ReaderEvent(EventKind.Disputed, first with
        {
            State = CheckoutState.Cancelled,
            Disputed = true,
        },
            new(CheckoutState.Successful, null, 1500)));

        var head = await _ledger.LoadHead("rdr_a", Cancel);

        Assert.Equal((4, second.Id), (head.Version, head.Latest?.Id));
        Assert.True((await _ledger.FindCheckout("rdr_a", first.Id, Cancel))?.Disputed);
    }

    [Fact]
    public async Task A_key_belongs_to_one_checkout_for_24_hours()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_b"));
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        Assert.Equal(AppendOutcome.Appended, await _ledger.AppendEvents(new("rdr_a", 0, [Accepted(first)], key)));
        Assert.Equal(AppendOutcome.KeyTaken, await _ledger.AppendEvents(new("rdr_b", 0, [Accepted(second)], key)));

        Assert.Null(await _ledger.FindCheckout("rdr_b", second.Id, Cancel));
        Assert.Equal(KeyUse.FromCheckout("fingerprint", first), await _ledger.FindKey("MC", "key", Now, Cancel));
        Assert.Null(await _ledger.FindKey("OTHER", "key", Now, Cancel));
        Assert.Null(await _ledger.FindKey("MC", "key", Now.AddHours(24), Cancel));
        var later = second with { AcceptedAt = Now.AddHours(24), UpdatedAt = Now.AddHours(24) };
        Assert.Equal(AppendOutcome.Appended, await _ledger.AppendEvents(new("rdr_b", 0, [Accepted(later)], key)));
    }

    [Fact]
    public async Task Old_keys_are_forgotten()
    {
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        await _ledger.AppendEvents(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))], key));
        await _ledger.ForgetOldKeys(Now.AddHours(23), Cancel);
        Assert.NotNull(await _ledger.FindKey("MC", "key", Now, Cancel));

        await _ledger.ForgetOldKeys(Now.AddHours(24), Cancel);
        Assert.Null(await _ledger.FindKey("MC", "key", Now, Cancel));
    }

    [Fact]
    public async Task Only_checkouts_that_have_not_started_are_overdue()
    {
        var (waiting, started) = (Coffee("rdr_a"), Coffee("rdr_b"));
        await Append("rdr_a", 0, Accepted(waiting));
        await Append("rdr_b", 0, Accepted(started));
        await Append("rdr_b", 1, new ReaderEvent(EventKind.Started, started with { State = CheckoutState.Started }));

        Assert.Empty(await _ledger.ListOverdue(waiting.ValidUntil.AddTicks(-10), 10, Cancel));
        Assert.Equal(["rdr_a"], await _ledger.ListOverdue(waiting.ValidUntil, 10, Cancel));
    }

    [Fact]
    public async Task A_refused_append_leaves_its_key_free()
    {
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        await Append("rdr_a", 0, Accepted(Coffee("rdr_a")));
        Assert.Equal(AppendOutcome.Stale,
            await _ledger.AppendEvents(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))], key)));

        Assert.Null(await _ledger.FindKey("MC", "key", Now, Cancel));
        Assert.Equal(AppendOutcome.Appended,
            await _ledger.AppendEvents(new("rdr_b", 0, [Accepted(Coffee("rdr_b"))], key)));
    }

    [Fact]
    public async Task One_key_for_many_readers_at_once_is_claimed_once()
    {
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            _ledger.AppendEvents(new($"rdr_{i}", 0, [Accepted(Coffee($"rdr_{i}"))], key))));

        Assert.Single(outcomes, AppendOutcome.Appended);
        Assert.Equal(49, outcomes.Count(outcome => outcome is AppendOutcome.KeyTaken));
    }

    [Fact]
    public async Task A_sale_that_is_open_or_paid_has_no_second_checkout()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_b"));
        var key = new IdempotencyKey("MC", "key", "fingerprint");
        ReaderEvent[] life =
        [
            Accepted(first), new(EventKind.Started, first with { State = CheckoutState.Started }),
            new(EventKind.Succeeded, first with { State = CheckoutState.Successful }),
        ];
        for (var version = 0; version < life.Length; version++)
        {
            Assert.Equal(AppendOutcome.Appended, await Sell(_ledger, version, life[version]));
            Assert.Equal(AppendOutcome.SaleTaken,
                await _ledger.AppendEvents(new("rdr_b", 0, [Accepted(second)], key, SinglePayment: true)));
        }

        Assert.Equal(0, (await _ledger.LoadHead("rdr_b", Cancel)).Version);
        Assert.Null(await _ledger.FindCheckout("rdr_b", second.Id, Cancel));
        Assert.Null(await _ledger.FindKey("MC", "key", Now, Cancel));
    }

    [Theory]
    [InlineData(EventKind.Failed, CheckoutState.Failed)]
    [InlineData(EventKind.Cancelled, CheckoutState.Cancelled)]
    public async Task A_sale_that_was_not_paid_is_free_again_also_within_one_append(EventKind kind, CheckoutState state)
    {
        var (first, second, third) = (Coffee("rdr_a"), Coffee("rdr_a"), Coffee("rdr_b"));
        await Sell(_ledger, 0, Accepted(first));
        Assert.Equal(AppendOutcome.Appended,
            await Sell(_ledger, 1, new(kind, first with { State = state }), Accepted(second)));
        Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 0, Accepted(third)));
        await Sell(_ledger, 3, new ReaderEvent(kind, second with { State = state }));
        Assert.Equal(AppendOutcome.Appended, await Sell(_ledger, 0, Accepted(third)));
    }

    [Fact]
    public async Task Payments_that_may_repeat_are_in_no_sales_way()
    {
        Assert.Equal(AppendOutcome.Appended, await Append("rdr_a", 0, Accepted(Coffee("rdr_a"))));
        Assert.Equal(AppendOutcome.Appended, await Append("rdr_b", 0, Accepted(Coffee("rdr_b"))));
        Assert.Equal(AppendOutcome.Appended, await Sell(_ledger, 0, Accepted(Coffee("rdr_c"))));
        Assert.Equal(AppendOutcome.Appended, await Append("rdr_d", 0, Accepted(Coffee("rdr_d"))));
        Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 0, Accepted(Coffee("rdr_e"))));
    }

    [Fact]
    public async Task One_sale_on_many_readers_at_once_is_taken_once_and_takes_no_other_with_it()
    {
        var same = Enumerable.Range(0, 50).Select(i => Sell(_ledger, 0, Accepted(Coffee($"rdr_{i}")))).ToList();
        var others = Enumerable.Range(50, 50)
            .Select(i => Sell(_ledger, 0, Accepted(Coffee($"rdr_{i}", $"order-{i}")))).ToList();

        var outcomes = await Task.WhenAll(same);
        Assert.Single(outcomes, AppendOutcome.Appended);
        Assert.Equal(49, outcomes.Count(outcome => outcome is AppendOutcome.SaleTaken));
        Assert.All(await Task.WhenAll(others), outcome => Assert.Equal(AppendOutcome.Appended, outcome));
    }

    [Fact]
    public async Task Two_nodes_never_both_sell_the_same()
    {
        var other = await OpenLedger("node-2");
        for (var round = 0; round < 10; round++)
        {
            var orders = Enumerable.Range(0, 40).Select(i => $"order-{round}-{i}").ToList();
            var mine = orders.Select(order => Sell(_ledger, 0, Accepted(Coffee($"mine-{order}", order))));
            var theirs = orders.AsEnumerable().Reverse()
                .Select(order => Sell(other, 0, Accepted(Coffee($"theirs-{order}", order))));
            var outcomes = await Task.WhenAll(Task.WhenAll(mine), Task.WhenAll(theirs));

            Array.Reverse(outcomes[1]);
            Assert.All(outcomes[0].Zip(outcomes[1]), pair => Assert.True(
                pair is (AppendOutcome.Appended, AppendOutcome.SaleTaken) or (
                    AppendOutcome.SaleTaken, AppendOutcome.Appended)));
        }
    }

    /// <summary>Paid twice and open: the last payment counts. Open twice: the last one. Not paid: none.</summary>
    [Fact]
    public async Task An_upgrade_keeps_what_was_paid_several_times_and_lets_none_of_it_be_paid_again()
    {
        (string State, string? Reference)[] rows =
        [
            ("successful", "MC/twice"), ("successful", "MC/twice"), ("accepted", "MC/twice"), ("accepted", "MC/open"),
            ("started", "MC/open"), ("failed", "MC/failed"), ("cancelled", "MC/failed"), ("successful", "MC/once"),
            ("accepted", null), ("successful", null), ("successful", null),
        ];
        var values = rows.Select(
            (row, i) => $"('{Guid.CreateVersion7(Now.AddSeconds(i))}', 'old_{i}', '{row.State}', @time, '{{}}', "
            + $"{(row.Reference is { } reference ? $"'{reference}'" : "NULL")})");
        var ledger = await OpenOlder(
            "INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body, reference) VALUES "
            + string.Join(", ", values));
        _open.Add(ledger);

        foreach (var taken in new[] { "twice", "open", "once" })
            Assert.Equal(AppendOutcome.SaleTaken, await Sell(ledger, 0, Accepted(Coffee("rdr_a", taken))));
        Assert.Equal(AppendOutcome.Appended, await Sell(ledger, 0, Accepted(Coffee("rdr_a", "failed"))));
        Assert.Equal(AppendOutcome.Appended, await Sell(ledger, 0, Accepted(Coffee("rdr_b", "new"))));
    }

    [Fact]
    public async Task An_upgrade_lets_no_sale_be_paid_again_whose_ended_payment_is_in_doubt()
    {
        const string Recorded =
            """{"reason":"recorded_by_operator","disputed":true,"updated_at":"?","ended_at":"1"}""";
        (string State, string Reference, string Body)[] rows =
        [
            ("cancelled", "released", """{"reason":"released_by_operator"}"""),
            ("failed", "claimed", """{"reason":"declined","disputed":true}"""),
            ("failed", "claimed", """{"reason":"declined","disputed":true}"""),
            ("failed", "late", Recorded.Replace('?', '2')), ("failed", "known", Recorded.Replace('?', '1')),
            ("failed", "told", """{"reason":"declined","disputed":false,"record":{"reason":"released_by_operator"}}"""),
            ("cancelled", "paid later", """{"reason":"released_by_operator"}"""), ("successful", "paid later", "{}"),
        ];
        var values = rows.Select((row, i) => $"('{Guid.CreateVersion7(Now.AddSeconds(i))}', 'old_{i}', "
            + $"'{row.State}', @time, '{row.Body}', 'MC/{row.Reference}')");
        var ledger = await OpenOlder(
            "INSERT INTO checkout (checkout_id, reader_id, state, valid_until, body, reference) VALUES "
            + string.Join(", ", values));
        _open.Add(ledger);

        foreach (var taken in new[] { "released", "claimed", "late", "paid later" })
            Assert.Equal(AppendOutcome.SaleTaken, await Sell(ledger, 0, Accepted(Coffee("rdr_a", taken))));
        Assert.Equal(AppendOutcome.Appended, await Sell(ledger, 0, Accepted(Coffee("rdr_a", "known"))));
        Assert.Equal(AppendOutcome.Appended, await Sell(ledger, 0, Accepted(Coffee("rdr_b", "told"))));
    }

    [Fact]
    public async Task A_late_charge_is_stored_while_another_checkout_has_the_sale_and_holds_it_when_that_one_fails()
    {
        var (first, second) = (Coffee("rdr_a"), Coffee("rdr_b"));
        await Sell(_ledger, 0, Accepted(first));
        await Sell(_ledger, 1, Declined(first));
        await Sell(_ledger, 0, Accepted(second));
        Assert.Equal(AppendOutcome.Appended, await Append("rdr_a", 2, Charged(first)));

        var third = Coffee("rdr_b");
        Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 1, Declined(second), Accepted(third)));
        Assert.Equal(AppendOutcome.Appended, await Sell(_ledger, 1, Declined(second)));
        Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 2, Accepted(third)));
        Assert.Equal(AppendOutcome.Appended, await Append("rdr_b", 2, Charged(second)));
    }

    [Fact]
    public async Task A_sale_that_ends_in_doubt_is_not_started_in_the_same_append()
    {
        var claimed = Coffee("rdr_a") with { Disputed = true };
        await Sell(_ledger, 0, Accepted(claimed));

        Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 1, Cancelled(claimed), Accepted(Coffee("rdr_a"))));
        Assert.Equal(1, (await _ledger.LoadHead("rdr_a", Cancel)).Version);
    }

    [Fact]
    public async Task A_late_charge_is_stored_when_another_node_starts_its_sale_in_the_same_moment()
    {
        const int Sales = 40;
        var other = await OpenLedger("node-2");
        var ended = Enumerable.Range(0, Sales).Select(i => Coffee($"rdr_{i}", $"race-{i}")).ToList();
        foreach (var checkout in ended) await Sell(_ledger, 0, Accepted(checkout));
        await Task.WhenAll(ended.Select(checkout => Sell(_ledger, 1, Declined(checkout))));

        var claims = ended.Select(checkout => Append(checkout.ReaderId, 2, Charged(checkout)));
        var starts = Enumerable.Range(0, Sales)
            .Select(i => Sell(other, 0, Accepted(Coffee($"new_{i}", $"race-{i}"))));
        var outcomes = await Task.WhenAll(Task.WhenAll(claims), Task.WhenAll(starts));

        Assert.All(outcomes[0], outcome => Assert.Equal(AppendOutcome.Appended, outcome));
        Assert.All(outcomes[1], outcome =>
            Assert.True(outcome is AppendOutcome.Appended or AppendOutcome.SaleTaken, $"{outcome}"));
        foreach (var i in Enumerable.Range(0, Sales))
            Assert.Equal(AppendOutcome.SaleTaken, await Sell(_ledger, 0, Accepted(Coffee($"end_{i}", $"race-{i}"))));
    }

    [Fact]
    public async Task Two_nodes_on_one_version_never_both_win()
    {
        var other = await OpenLedger("node-2");
        for (var version = 0; version < 20; version += 2)
        {
            var readers = Enumerable.Range(0, 40).Select(i => $"rdr_{i}").ToList();
            var mine = readers.ToDictionary(reader => reader, reader => Coffee(reader));
            var theirs = readers.ToDictionary(reader => reader, reader => Coffee(reader));
            var ask = readers.Select(reader => Append(reader, version, Accepted(mine[reader])));
            var rival = readers.AsEnumerable().Reverse()
                .Select(reader => other.AppendEvents(new(reader, version, [Accepted(theirs[reader])])));
            var outcomes = await Task.WhenAll(Task.WhenAll(ask), Task.WhenAll(rival));

            Array.Reverse(outcomes[1]);
            Assert.All(outcomes[0].Zip(outcomes[1]), pair => Assert.True(
                pair is (AppendOutcome.Appended, AppendOutcome.Stale) or (
                    AppendOutcome.Stale, AppendOutcome.Appended)));
            await Task.WhenAll(readers.Select((reader, i) => Append(reader, version + 1,
                Cancelled(outcomes[0][i] is AppendOutcome.Appended ? mine[reader] : theirs[reader]))));
        }
    }

    [Fact]
    public async Task A_closed_ledger_says_that_it_is_unavailable()
    {
        var closed = await Open("node-1");
        await ((IAsyncDisposable)closed).DisposeAsync();
        await Assert.ThrowsAsync<LedgerUnavailableException>(
            () => closed.AppendEvents(new("rdr_a", 0, [Accepted(Coffee("rdr_a"))])));
    }

    [Fact]
    public async Task A_final_state_leaves_one_event_for_its_receiver_and_nothing_else_does()
    {
        var (told, silent) = (Told("rdr_a"), Coffee("rdr_b"));
        await Append("rdr_a", 0, Accepted(told));
        await Append("rdr_b", 0, Accepted(silent));
        Assert.Empty(await Claim(Now));
        await Append("rdr_a", 1, new ReaderEvent(EventKind.Started, told with { State = CheckoutState.Started }));
        await Append("rdr_b", 1, Cancelled(silent));
        Assert.Empty(await Claim(Now));
        var paid = told with { State = CheckoutState.Successful };
        await Append("rdr_a", 2, new ReaderEvent(EventKind.Succeeded, paid));
        await Append("rdr_a", 3,
            new ReaderEvent(EventKind.Disputed, paid with { Disputed = true }, new(CheckoutState.Failed)));

        var attempt = Assert.Single(await Claim(Now));

        Assert.Equal(1, attempt.Number);
        Assert.Equal(WebhookEvent.FromEvent(new(EventKind.Succeeded, paid)), attempt.Event);
        Assert.Empty(await Claim(Now));
    }

    [Fact]
    public async Task A_refused_append_tells_nobody()
    {
        var checkout = Told("rdr_a");
        await Append("rdr_a", 0, Accepted(checkout));
        Assert.Equal(AppendOutcome.Stale, await Append("rdr_a", 0, Cancelled(checkout)));

        Assert.Empty(await Claim(Now));
    }

    [Fact]
    public async Task An_attempt_whose_node_died_is_made_again_and_the_dead_one_has_no_word()
    {
        await End(Told("rdr_a"));
        var lost = Assert.Single(await Claim(Now));
        Assert.Empty(await Claim(Now.AddSeconds(29)));

        var second = Assert.Single(await Claim(Now.AddSeconds(30)));

        Assert.Equal((2, lost.Event), (second.Number, second.Event));
        Assert.False(await Outbox.SettleAttempt(lost, new(DeliveryState.Dead, 1)));
        Assert.True(await Outbox.SettleAttempt(second, new(DeliveryState.Waiting, 1, Now.AddMinutes(5), "500")));
        Assert.Empty(await Claim(Now.AddMinutes(5).AddTicks(-10)));
        var third = Assert.Single(await Claim(Now.AddMinutes(5)));
        Assert.Equal((3, 1), (third.Number, third.Failures));
        Assert.True(await Outbox.SettleAttempt(third, new(DeliveryState.Delivered, 1)));
        Assert.Empty(await Claim(Now.AddDays(1)));
    }

    [Fact]
    public async Task Many_events_of_one_host_leave_room_for_another_hosts()
    {
        for (var i = 0; i < 20; i++) await End(Told($"rdr_{i}", "https://dead.example/hook"));
        await End(Told("rdr_z", "https://alive.example:8443/hook"));

        var first = await Outbox.ClaimAttempts(Now, Now.AddSeconds(30), new(Events: 5, PerHost: 4), [], Cancel);
        var second = await Outbox.ClaimAttempts(Now, Now.AddSeconds(30), new(100, 4), ["dead.example"], Cancel);
        var third = await Outbox.ClaimAttempts(Now, Now.AddSeconds(30), new(100, 4), [], Cancel);

        Assert.Equal(["alive.example:8443", "dead.example", "dead.example", "dead.example", "dead.example"],
            first.Select(attempt => attempt.Event.Host).Order());
        Assert.Empty(second);
        Assert.Equal(4, third.Count);
    }

    [Fact]
    public async Task Two_nodes_never_claim_the_same_event()
    {
        for (var i = 0; i < 50; i++) await End(Told($"rdr_{i}", $"https://host-{i}.example/"));

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            Outbox.ClaimAttempts(Now, Now.AddSeconds(30), new(Events: 10, PerHost: 1), [], Cancel))));

        var claimed = claims.SelectMany(claim => claim).Select(attempt => attempt.Event.Id).ToList();
        Assert.Equal(claimed.Count, claimed.Distinct().Count());
        Assert.Equal(50, claimed.Count + (await Claim(Now)).Count);
    }

    [Fact]
    public async Task An_attempt_that_a_replay_overtook_has_no_word()
    {
        await End(Told("rdr_a"));
        var overtaken = Assert.Single(await Claim(Now));

        var replayed = await Deliveries.ReplayDelivery("MC", overtaken.Event.Id, Now.AddSeconds(1));

        Assert.Equal((DeliveryState.Waiting, 1, Now.AddSeconds(1)),
            (replayed?.State, replayed?.Attempts, replayed?.NextAt));
        Assert.False(await Outbox.SettleAttempt(overtaken, new(DeliveryState.Dead, 6)));
        Assert.False(await Outbox.SettleAttempt(overtaken, new(DeliveryState.Delivered, 0)));
        var next = Assert.Single(await Claim(Now.AddSeconds(1)));
        Assert.Equal((overtaken.Event, 0), (next.Event, next.Failures));
        Assert.True(await Outbox.SettleAttempt(next, new(DeliveryState.Delivered, 0)));
        Assert.Equal(2, (await Deliveries.FindDelivery("MC", next.Event.Id, Cancel))?.Attempts);
    }

    [Fact]
    public async Task A_replay_is_never_lost_to_an_attempt_that_ends_at_the_same_time()
    {
        for (var i = 0; i < 50; i++)
        {
            await End(Told($"rdr_{i}"));
            var attempt = Assert.Single(await Claim(Now));

            await Task.WhenAll(
                Task.Run(() => Outbox.SettleAttempt(attempt, new(DeliveryState.Dead, 6, Problem: "gone"))),
                Task.Run(() => Deliveries.ReplayDelivery("MC", attempt.Event.Id, Now)));

            var again = Assert.Single(await Claim(Now));
            Assert.Equal((attempt.Event.Id, 0), (again.Event.Id, again.Failures));
            Assert.True(await Outbox.SettleAttempt(again, new(DeliveryState.Delivered, 0)));
        }
    }

    [Fact]
    public async Task Replays_claims_and_deletions_at_once_wait_for_each_other_but_never_in_a_circle()
    {
        for (var i = 0; i < 100; i++) await End(Told($"rdr_{i}"));
        foreach (var attempt in await Claim(Now)) await Outbox.SettleAttempt(attempt, new(DeliveryState.Dead, 6));
        var dead = new DeliveryPage([DeliveryState.Dead], Now, DeliveryPlace.BeforeTime(Now.AddDays(1)), 1_000);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                await Deliveries.ReplayDeliveries("MC", dead, Now);
                foreach (var attempt in await Claim(Now))
                    await Outbox.SettleAttempt(attempt, new(DeliveryState.Dead, 1));
                await Deliveries.ForgetDeliveries(Now, Now, 10, Cancel);
            }
        })));

        var left =
            await Deliveries.ListDeliveries("MC", dead with { States = Enum.GetValues<DeliveryState>() }, Cancel);
        Assert.Equal(100, left.Count); // none of them is old
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<AppendOutcome> Append(string reader, long version, params ReaderEvent[] events) =>
        _ledger.AppendEvents(new(reader, version, [.. events]));

    /// <summary>Appends about a reader whose sales are paid once only.</summary>
    private protected static Task<AppendOutcome> Sell(ILedger ledger, long version, params ReaderEvent[] events) =>
        ledger.AppendEvents(new(events[0].Checkout.ReaderId, version, [.. events], SinglePayment: true));

    private Task<IReadOnlyList<Attempt>> Claim(DateTimeOffset now) =>
        Outbox.ClaimAttempts(now, now.AddSeconds(30), new(Events: 100, PerHost: 100), [], Cancel);

    private async Task End(Checkout checkout)
    {
        await Append(checkout.ReaderId, 0, Accepted(checkout));
        await Append(checkout.ReaderId, 1, Cancelled(checkout));
    }

    private static Checkout Told(string reader, string url = "https://till.example/hook?order=7") =>
        Coffee(reader) with { Terms = new() { Amount = new("EUR", 2, 1500), ReturnUrl = url } };

    private protected static ReaderEvent Accepted(Checkout checkout) => new(EventKind.Accepted, checkout);

    private protected static ReaderEvent Cancelled(Checkout checkout) =>
        new(EventKind.Cancelled, checkout with { State = CheckoutState.Cancelled, Reason = Reason.Expired });

    private protected static ReaderEvent Declined(Checkout checkout) =>
        new(EventKind.Failed, checkout with { State = CheckoutState.Failed, Reason = Reason.Declined });

    /// <summary>A claim about a checkout that was declined.</summary>
    private protected static ReaderEvent Charged(Checkout checkout)
    {
        var ended = Declined(checkout).Checkout;
        return new(EventKind.Disputed, ended with { Disputed = true }, new(CheckoutState.Successful, null, 1500));
    }

    private protected static Checkout Coffee(string reader, string order = "order-7") => new()
    {
        Id = Guid.NewGuid(),
        ClientTransactionId = Guid.NewGuid(),
        MerchantCode = "MC",
        ReaderId = reader,
        Terms = new()
        {
            Amount = new("EUR", 2, 1500), TipRates = [0.05m, 0.1m], Affiliate = new("app", "key", order, "{\"a\":1}"),
        },
        Serial = "S-1",
        Firmware = "1.0",
        AcceptedAt = Now,
        ValidUntil = Now.AddSeconds(60),
        UpdatedAt = Now,
        State = CheckoutState.Accepted,
    };
}

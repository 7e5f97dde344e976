using System.Globalization;
using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class TransactionSpecs
{
    private static readonly DateTimeOffset Moment = new(2026, 3, 1, 9, 0, 0, 123, 456, TimeSpan.Zero);

    [Theory]
    [InlineData("EUR", 2, 1500, "15.00")]
    [InlineData("EUR", 2, 5, "0.05")]
    [InlineData("HUF", 0, 1500, "1500")]
    [InlineData("EUR", 2, Money.MaxValue, "9999999999.99")]
    public void An_amount_has_the_decimals_of_its_currency(string currency, int unit, long minor, string major) =>
        Assert.Equal(major, new Money(currency, unit, 1).Major(minor).ToString(CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("EUR", 2, "5", 500)]
    [InlineData("EUR", 2, "5.00", 500)]
    [InlineData("EUR", 2, "0.07", 7)]
    [InlineData("EUR", 2, "5.000", 500)]
    [InlineData("EUR", 2, "5.005", null)]
    [InlineData("HUF", 0, "5", 5)]
    [InlineData("HUF", 0, "5.5", null)]
    public void An_amount_that_the_currency_cannot_pay_is_none(string currency, int unit, string major, int? minor) =>
        Assert.Equal(minor, new Money(currency, unit, 1).Minor(decimal.Parse(major, CultureInfo.InvariantCulture)));

    [Fact]
    public void The_two_ids_of_a_checkout_lead_to_each_other()
    {
        var id = Guid.CreateVersion7(Moment);
        var client = Ids.ClientTransactionOf(id);

        Assert.Equal((4, id), (client.Version, Ids.CheckoutOf(client)));
        Assert.NotEqual(id, client);
    }

    [Fact]
    public void A_code_has_twelve_letters_people_can_read()
    {
        var codes = Enumerable.Range(0, 1000)
            .Select(_ => (CoffeePaid with { Id = Guid.CreateVersion7(Moment) }).TransactionCode()).ToList();

        Assert.All(codes, code => Assert.Matches("^T[0-9A-HJKMNP-TV-Z]{11}$", code));
        Assert.All(codes, code => Assert.True(Transaction.IsCode(code)));
        Assert.Equal(1000, codes.Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("T")]
    [InlineData("X0123456789A")]
    [InlineData("T0123456789")]
    [InlineData("T0123456789AB")]
    [InlineData("T0123456789U")]
    [InlineData("T0123456789\0")]
    public void What_is_not_shaped_like_a_code_is_none(string text) => Assert.False(Transaction.IsCode(text));

    [Fact]
    public void Places_in_a_history_have_the_order_of_their_times()
    {
        var times = new[] { -1_000_000, -1000, -1, 0, 1, 999, 1000, 1_000_000 }
            .Select(us => Moment.AddMicroseconds(us)).ToList();
        var places = times.Select(at => HistoryKey.ForEvent(at, Guid.NewGuid())).ToList();

        Assert.Equal(places, places.Order());
        Assert.All(times.Zip(places), pair =>
        {
            Assert.True(HistoryKey.BeforeTime(pair.First) < pair.Second);
            Assert.True(pair.Second < HistoryKey.BeforeTime(pair.First.AddMicroseconds(1)));
            Assert.True(HistoryKey.BeforeTime(pair.First.AddTicks(1)) > pair.Second);
        });
    }

    [Fact]
    public void The_order_of_places_is_that_of_their_text()
    {
        var places = Enumerable.Range(0, 1000)
            .Select(i => HistoryKey.ForEvent(Moment.AddMicroseconds(i * 7919 % 1000), Guid.NewGuid())).ToList();

        Assert.Equal(places.Order(), places.OrderBy(place => place.ToString(), StringComparer.Ordinal));
        Assert.Equal(places.Order(),
            places.OrderBy(place => Convert.ToHexString(place.ToByteArray(bigEndian: true)), StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("4242", "VISA", "12ab", "4242/VISA/12ab")]
    [InlineData("4242", "visa", null, "4242/UNKNOWN/")]
    [InlineData("4242", null, "12-34", "4242/UNKNOWN/")]
    [InlineData("4242", "VISA", "12345678901234567", "4242/VISA/")]
    [InlineData("4242424242424242", "VISA", null, null)]
    [InlineData("424", "VISA", null, null)]
    [InlineData("42a2", "VISA", null, null)]
    [InlineData(null, "VISA", null, null)]
    public void Of_a_card_only_what_may_be_shown_is_kept(string? last4, string? scheme, string? auth, string? kept) =>
        Assert.Equal(kept, CardRead.FromDevice(last4, scheme, EntryMode.Chip, auth) is { } card
            ? $"{card.Last4}/{card.Scheme}/{card.AuthCode}"
            : null);

    [Fact]
    public void Each_reason_has_a_sentence_for_the_clerk() =>
        Assert.All(Enum.GetValues<Reason>(),
            reason => Assert.EndsWith(".", reason.ToAdvice(), StringComparison.Ordinal));

    /// <summary>Tills branch on the list and clerks read it, so this test holds all of it, word by word.</summary>
    [Fact]
    public void The_reasons_are_those_that_are_written_down() => Assert.Equal(
        Enum.GetValues<Reason>().Append(SnakeCase.ReadMember<Reason>("of_tomorrow")).Select(reason =>
            $"`{reason.ToWireName()}` {(reason.IsRetryable() ? "yes" : "no")} "
                + $"{reason.ToAdvice()}"),
        File.ReadLines(Path.Combine(Repo.Root, "docs/results.md"))
            .SkipWhile(line => !line.StartsWith("| reason |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1]} {cells[3]} {cells[4]}"));

    [Theory]
    [InlineData(EventKind.Accepted, null, false, Actor.Till)]
    [InlineData(EventKind.Started, null, false, Actor.Device)]
    [InlineData(EventKind.TerminateRequested, null, true, Actor.Till)]
    [InlineData(EventKind.Succeeded, null, true, Actor.Device)]
    [InlineData(EventKind.Failed, Reason.Declined, true, Actor.Device)]
    [InlineData(EventKind.Cancelled, Reason.Expired, false, Actor.Fleet)]
    [InlineData(EventKind.Cancelled, Reason.Terminated, false, Actor.Till)]
    [InlineData(EventKind.Cancelled, Reason.Terminated, true, Actor.Device)]
    [InlineData(EventKind.Cancelled, Reason.CustomerCancelled, true, Actor.Device)]
    [InlineData(EventKind.Disputed, Reason.Expired, false, Actor.Device)]
    [InlineData(EventKind.Refunded, null, true, Actor.Till)]
    [InlineData(EventKind.Confirmed, null, true, Actor.Device)]
    [InlineData(EventKind.Refused, Reason.RefusedByProvider, true, Actor.Device)]
    [InlineData(EventKind.Doubted, null, true, Actor.Fleet)]
    [InlineData(EventKind.Cancelled, Reason.NotStarted, true, Actor.Fleet)]
    public void What_happened_and_why_says_who_did_it(EventKind kind, Reason? reason, bool started, Actor actor) =>
        Assert.Equal(actor, Actors.DetermineActor(kind, reason, started, recorded: false));

    [Fact]
    public void An_operator_ends_only_what_was_recorded_by_one() =>
        Assert.All(Enum.GetValues<EventKind>(), kind => Assert.Equal(
            kind is EventKind.Succeeded or EventKind.Failed or EventKind.Cancelled or EventKind.Refunded
                or EventKind.RefundDropped,
            Actors.DetermineActor(kind, Reason.RecordedByOperator, started: true, recorded: true) is Actor.Operator));
}

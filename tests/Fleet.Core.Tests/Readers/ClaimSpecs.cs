using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class ClaimSpecs
{
    private static readonly CardRead Visa = new("4242", "VISA", EntryMode.Chip, "053201");

    [Fact]
    public void Each_distinct_claim_is_stored_with_all_before_it()
    {
        var first = CoffeeStarted.IsDisputed(Charged(1), at: 10).Checkout;
        var ended = first.Cancels(Reason.Terminated, at: 20).Checkout;

        Given(Paying).When(Says(Charged(1), at: 10)).Then(CoffeeStarted.IsDisputed(Charged(1), at: 10));
        Given(Ready.With(ended)).When(Says(Charged(350), at: 30)).Then(ended.IsDisputed(Charged(350), at: 30));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 5)]
    public void Another_amount_or_another_tip_is_another_claim(long amount, long tip) =>
        Given(Ready.With(Disputed(CoffeePaid, 1))).When(Says(Charged(amount, tip), at: 100))
            .Then(Disputed(CoffeePaid, 1).IsDisputed(Charged(amount, tip), at: 100));

    [Fact]
    public void A_claim_said_again_is_stored_only_once() =>
        Assert.All(Enumerable.Range(1, 3), amount =>
            Given(Ready.With(Disputed(CoffeePaid, 3))).When(Says(Charged(amount), at: 100)).ThenNothing());

    [Fact]
    public void A_repeat_may_leave_out_the_card() =>
        Given(Ready.With(CoffeePaid))
            .When(Says(Charged(1) with { Card = Visa }, at: 30))
            .When(Says(Charged(1), at: 40))
            .ThenNothing();

    [Fact]
    public void A_charge_of_another_card_is_another_claim()
    {
        var claimed = CoffeePaid.IsDisputed(Charged(1) with { Card = Visa }, at: 30).Checkout;
        var other = Charged(1) with { Card = Visa with { Last4 = "0001" } };

        Given(Ready.With(claimed)).When(Says(other, at: 40)).Then(claimed.IsDisputed(other, at: 40));
    }

    [Fact]
    public void The_seventeenth_claim_in_a_row_gets_no_answer() =>
        Given(Ready.With(Disputed(CoffeePaid, ClaimRules.MaxKept)))
            .When(Says(Charged(999), at: 30 + 59.9))
            .ThenRefused(RefusalCode.ClaimTooSoon);

    [Fact]
    public void What_ends_a_payment_is_never_held_up_by_claims() =>
        Given(Ready.With(Disputed(CoffeeStarted, ClaimRules.MaxKept)))
            .When(Says(Charged(350), at: 31))
            .Then(Disputed(CoffeeStarted, ClaimRules.MaxKept).Succeeds(at: 31));

    [Fact]
    public void A_later_claim_takes_the_place_of_the_second_oldest()
    {
        var claims = Next(Disputed(CoffeePaid, ClaimRules.MaxKept), Charged(999), at: 90)?.Claims;

        Assert.Equal([1, .. Enumerable.Range(3, 14), 999], claims?.Select(claim => (int)claim.Report.Amount));
    }

    [Fact]
    public void A_device_that_makes_up_claims_is_slowed_down()
    {
        var (paid, stored, now) = (CoffeePaid, new List<double>(), 30.0);
        for (var amount = 1; now < 7 * 86_400; amount++, now += 10)
        {
            if (Next(paid, Charged(amount == 350 ? 1 : amount), now) is not { } next) continue;
            paid = next;
            stored.Add(now);
        }

        Assert.Equal(Enumerable.Range(0, 16).Select(i => 30.0 + (10 * i)), stored.Take(16));
        Assert.Equal([330.0, 630.0, 1230.0], stored.Skip(16).Take(3)); // each pause is twice the last
        Assert.All(stored.Zip(stored.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0, 86_400));
        Assert.InRange(stored.Count, 16, 34);
    }

    [Fact]
    public void A_clock_that_was_set_back_silences_no_device() =>
        Assert.NotNull(Next(Disputed(CoffeePaid, ClaimRules.MaxKept), Charged(999), at: -3_600));

    /// <summary>A checkout about which a device has claimed 1, 2, 3 … within a moment.</summary>
    private static Checkout Disputed(Checkout checkout, int claims) => checkout with
    {
        Disputed = true,
        Claims = [.. Enumerable.Range(1, claims).Select(i => new DeviceClaim(Charged(i), At(30)))],
    };

    private static Checkout? Next(Checkout checkout, DeviceReport claim, double at) =>
        ClaimRules.KeepClaim(checkout, claim, At(at)).Events.SingleOrDefault()?.Checkout;

    private static Func<Reader, Decision> Says(DeviceReport claim, double at) =>
        reader => ReaderRules.TakeReport(reader, reader.Latest, claim, At(at));
}

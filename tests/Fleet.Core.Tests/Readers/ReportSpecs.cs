namespace Fleet.Core.Tests;

public sealed class ReportSpecs
{
    private static readonly string[] States =
        ["accepted", "started", "stopping", "paid", "declined", "cancelled", "expired"];

    private static readonly Dictionary<string, Checkout> CoffeeAs = States
        .Zip([CoffeeAccepted, CoffeeStarted, CoffeeStopping, .. Finals])
        .ToDictionary(pair => pair.First, pair => pair.Second);

    private static readonly Dictionary<string, DeviceReport> Claims = new()
    {
        ["charged as asked"] = Charged(350),
        ["charged too little"] = Charged(349),
        ["charged too much"] = Charged(351),
        ["charged nothing"] = Charged(0),
        ["tip never offered"] = Charged(350, tip: 35),
        ["negative tip"] = Charged(350, tip: -1),
        ["charged, declined"] = new(CheckoutState.Successful, Reason.Declined, 350),
        ["declined"] = Declined,
        ["declined, tipped"] = new(CheckoutState.Failed, Reason.Declined, 350, 35),
        ["failed otherwise"] = new(CheckoutState.Failed, Reason.ReaderLost),
        ["failed for nothing"] = new(CheckoutState.Failed),
        ["failed, terminated"] = new(CheckoutState.Failed, Reason.Terminated),
        ["cancelled"] = CustomerCancelled,
        ["cancelled on order"] = new(CheckoutState.Cancelled, Reason.Terminated),
        ["cancelled, why?"] = new(CheckoutState.Cancelled),
        ["cancelled, wrong pin"] = new(CheckoutState.Cancelled, Reason.WrongPin),
        ["expired"] = new(CheckoutState.Cancelled, Reason.Expired),
        ["still accepted"] = new(CheckoutState.Accepted),
        ["still started"] = new(CheckoutState.Started),
    };

    /// <summary>
    /// The result of a claim: applied, already so, or disputed. An invalid claim is never applied. When nothing was
    /// charged and the claim says so too, nothing changes either.
    /// </summary>
    private const string Table =
        """
                               accepted  started   stopping  paid      declined  cancelled expired
        charged as asked     | disputed  applied   applied   already   disputed  disputed  disputed
        charged too little   | disputed  disputed  disputed  disputed  disputed  disputed  disputed
        charged too much     | disputed  disputed  disputed  disputed  disputed  disputed  disputed
        charged nothing      | disputed  disputed  disputed  disputed  disputed  disputed  disputed
        tip never offered    | disputed  disputed  disputed  disputed  disputed  disputed  disputed
        negative tip         | disputed  disputed  disputed  disputed  disputed  disputed  disputed
        charged, declined    | disputed  disputed  disputed  already   disputed  disputed  disputed
        declined             | applied   applied   applied   disputed  already   already   already
        declined, tipped     | applied   applied   applied   disputed  already   already   already
        failed otherwise     | applied   applied   applied   disputed  already   already   already
        failed for nothing   | disputed  disputed  disputed  disputed  already   already   already
        failed, terminated   | disputed  disputed  disputed  disputed  already   already   already
        cancelled            | applied   applied   applied   disputed  already   already   already
        cancelled on order   | applied   applied   applied   disputed  already   already   already
        cancelled, why?      | disputed  disputed  disputed  disputed  already   already   already
        cancelled, wrong pin | disputed  disputed  disputed  disputed  already   already   already
        expired              | disputed  disputed  disputed  disputed  already   already   already
        still accepted       | disputed  disputed  disputed  disputed  already   already   already
        still started        | disputed  disputed  disputed  disputed  already   already   already
        """;

    public static TheoryData<string, string, string> Cells()
    {
        var cells = new TheoryData<string, string, string>();
        foreach (var row in Table.Split('\n').Skip(1).Select(line => line.Split('|')))
            foreach (var (state, verdict) in States.Zip(row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)))
                cells.Add(row[0].Trim(), state, verdict);
        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Each_claim_meets_each_state_as_tabled(string claim, string state, string verdict) =>
        Expect(CoffeeAs[state], Claims[claim], verdict);

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_disputed_checkout_is_concluded_or_disputed_as_any_other(string claim, string state, string verdict) =>
        Expect(CoffeeAs[state] with { Disputed = true, Claims = [new(Charged(7), At(30))] }, Claims[claim], verdict);

    [Fact]
    public void The_table_has_every_claim_against_every_state() =>
        Assert.Equal(Claims.Count * CoffeeAs.Count, Cells().Count);

    [Fact]
    public void A_charge_without_a_grant_is_disputed_not_applied() =>
        Given(Busy).When(Reports(CoffeeAccepted, Charged(350), at: 10))
            .Then(CoffeeAccepted.IsDisputed(Charged(350), at: 10));

    [Fact]
    public void A_result_arriving_long_after_the_start_still_counts() =>
        Given(Paying.Offline()).When(Reports(CoffeeStarted, Charged(350), at: 86_400))
            .Then(CoffeeStarted.Succeeds(at: 86_400));

    [Fact]
    public void A_repeated_result_is_acknowledged_and_stored_once() =>
        Given(Paying)
            .When(Reports(CoffeeStarted, Charged(350), at: 20))
            .When(reader => ReaderRules.TakeReport(reader, reader.Latest, Charged(350), At(30)))
            .ThenNothing();

    [Fact]
    public void A_tip_without_a_charge_is_never_kept()
    {
        var cake = Started(Cake);
        var claim = new DeviceReport(CheckoutState.Failed, Reason.Declined, 800, Tip: 40);

        Given(Ready.With(cake)).When(Reports(cake, claim, at: 20)).Then(cake.Fails(Reason.Declined, at: 20));
    }

    [Fact]
    public void A_contradicting_result_is_disputed_exactly_once() =>
        Given(Ready.With(CoffeePaid))
            .When(Reports(CoffeePaid, Declined, at: 30))
            .When(reader => ReaderRules.TakeReport(reader, reader.Latest, Declined, At(40)))
            .ThenNothing();

    [Theory]
    [InlineData(Reason.NoCardInTime, CheckoutState.Cancelled)]
    [InlineData(Reason.ReaderLost, CheckoutState.Failed)]
    public void A_device_may_explain_our_own_cancel_differently(Reason reason, CheckoutState outcome) =>
        Given(Ready.With(CoffeeCancelled)).When(Reports(CoffeeCancelled, new(outcome, reason), at: 30)).ThenNothing();

    [Theory]
    [InlineData(Reason.Declined)]
    [InlineData(Reason.WrongPin)]
    [InlineData(Reason.CardRemoved)]
    [InlineData(Reason.ReaderLost)]
    public void A_failed_checkout_keeps_the_reason_it_was_given(Reason reason) =>
        Given(Paying).When(Reports(CoffeeStarted, new(CheckoutState.Failed, reason), at: 20))
            .Then(CoffeeStarted.Fails(reason, at: 20));

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(80)]
    public void A_tip_that_was_offered_is_kept_with_success(long tip)
    {
        var cake = Started(Cake);

        Given(Ready.With(cake)).When(Reports(cake, Charged(800, tip), at: 20)).Then(cake.Succeeds(at: 20, tip));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(41)]
    [InlineData(120)]
    [InlineData(Money.MaxValue)]
    public void A_tip_that_was_not_offered_is_disputed(long tip)
    {
        var (cake, claim) = (Started(Cake), Charged(800, tip));

        Given(Ready.With(cake)).When(Reports(cake, claim, at: 20)).Then(cake.IsDisputed(claim, at: 20));
    }

    [Fact]
    public void A_tip_that_was_believed_once_is_no_dispute_later()
    {
        var paid = Started(Cake).Succeeds(at: 20, tip: 999).Checkout; // by an older program

        Given(Ready.With(paid)).When(Reports(paid, Charged(800, 999), at: 30)).ThenNothing();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Money.MaxValue + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_tip_out_of_all_bounds_is_always_disputed(long tip)
    {
        var (cake, claim) = (Started(Cake), Charged(800, tip));

        Given(Ready.With(cake)).When(Reports(cake, claim, at: 20)).Then(cake.IsDisputed(claim, at: 20));
    }

    [Fact]
    public void A_second_story_about_the_tip_is_a_contradiction()
    {
        var paid = Started(Cake).Succeeds(at: 20, tip: 40).Checkout;

        Given(Ready.With(paid)).When(Reports(paid, Charged(800, 40), at: 30)).ThenNothing();
        Given(Ready.With(paid)).When(Reports(paid, Charged(800, 80), at: 30))
            .Then(paid.IsDisputed(Charged(800, 80), at: 30));
    }

    [Fact]
    public void A_report_about_an_older_checkout_spares_the_latest()
    {
        var cake = Accepts(Cake, at: 30).Checkout;

        Given(Ready.With(cake)).When(Reports(CoffeePaid, Declined, at: 40))
            .Then(CoffeePaid.IsDisputed(Declined, at: 40));
    }

    [Fact]
    public void A_report_about_a_checkout_of_another_reader_is_refused() =>
        Assert.All(CoffeeAs.Values, coffee =>
            Given(Busy).When(Reports(coffee with { ReaderId = "rdr_7" }, Declined, at: 10))
                .ThenRefused(RefusalCode.NotFound));

    [Fact]
    public void A_report_about_an_unknown_checkout_is_refused() =>
        Given(Busy).When(Reports(null, Declined, at: 10)).ThenRefused(RefusalCode.NotFound);

    private static Checkout Started(StartCheckout ask) => Accepts(ask, at: 0).Checkout.Starts(at: 5).Checkout;

    private static void Expect(Checkout named, DeviceReport claim, string verdict)
    {
        var spec = Given(Ready.With(named)).When(Reports(named, claim, at: 70));
        if (verdict is "already") spec.ThenNothing();
        else if (verdict is "disputed") spec.Then(named.IsDisputed(claim, at: 70));
        else if (claim.Charged) spec.Then(named.Succeeds(at: 70));
        else if (claim.Outcome is CheckoutState.Failed) spec.Then(named.Fails(claim.Reason, at: 70));
        else spec.Then(named.Cancels(claim.Reason, at: 70));
    }
}

namespace Fleet.Core.Tests;

public sealed class OutcomeSpecs
{
    private const string Why = "The acquirer has the sale", Reference = "ARN 7462";

    private static readonly Checkout CakeStarted = Accepts(Cake, at: 0).Checkout.Starts(at: 5).Checkout;

    private static readonly Reader Lost = Paying.Offline();

    public static TheoryData<CheckoutState> Outcomes =>
        [CheckoutState.Successful, CheckoutState.Failed, CheckoutState.Cancelled];

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void An_operator_records_what_a_lost_device_cannot_tell(CheckoutState outcome) =>
        Given(Lost).When(Records(CoffeeStarted, Ask(outcome), at: 900)).Then(Recorded(CoffeeStarted, outcome, at: 900));

    [Fact]
    public void A_wish_to_stop_does_not_hinder_the_record() =>
        Given(Stopping.Offline()).When(Records(CoffeeStopping, Ask(CheckoutState.Cancelled), at: 900))
            .Then(Recorded(CoffeeStopping, CheckoutState.Cancelled, at: 900));

    [Fact]
    public void A_connected_device_tells_its_outcome_itself() =>
        Given(Paying).When(Records(CoffeeStarted, Ask(CheckoutState.Failed), at: 900))
            .ThenRefused(RefusalCode.ReaderOnline);

    [Fact]
    public void A_device_that_contradicts_itself_may_be_connected()
    {
        var disputed = CoffeeStarted.IsDisputed(Charged(1), at: 10).Checkout;

        Given(Ready.With(disputed)).When(Records(disputed, Ask(CheckoutState.Failed), at: 900))
            .Then(Recorded(disputed, CheckoutState.Failed, at: 900));
    }

    [Fact]
    public void What_has_not_started_is_terminated_and_not_recorded() =>
        Given(Busy.Offline()).When(Records(CoffeeAccepted, Ask(CheckoutState.Failed), at: 30))
            .ThenRefused(RefusalCode.CheckoutNotStarted);

    [Fact]
    public void An_outcome_that_is_known_is_never_recorded_again() =>
        Assert.All(Finals, final => Given(Ready.With(final).Offline())
            .When(Records(final, Ask(final.State), at: 900)).ThenRefused(RefusalCode.CheckoutFinal));

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void The_same_record_said_again_is_already_so(CheckoutState outcome) =>
        Given(Ready.With(Recorded(CoffeeStarted, outcome, at: 900).Checkout))
            .When(Records(Recorded(CoffeeStarted, outcome, at: 900).Checkout,
                Ask(outcome) with { KeyId = "other" }, at: 950))
            .ThenNothing();

    [Theory]
    [InlineData(CheckoutState.Failed, Why, Reference)]
    [InlineData(CheckoutState.Successful, "seen", Reference)]
    [InlineData(CheckoutState.Successful, Why, "8")]
    public void Another_record_of_the_same_checkout_is_refused(CheckoutState outcome, string why, string reference)
    {
        var recorded = Recorded(CoffeeStarted, CheckoutState.Successful, at: 900).Checkout;
        var other = Ask(outcome) with { Reason = why, Reference = reference };

        Given(Ready.With(recorded).Offline()).When(Records(recorded, other, at: 950))
            .ThenRefused(RefusalCode.CheckoutFinal);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    public void A_recorded_tip_is_one_that_was_offered(long tip) =>
        Given(Ready.With(CakeStarted).Offline()).When(Records(CakeStarted, Ask(CheckoutState.Successful, tip), at: 900))
            .Then(Recorded(CakeStarted, CheckoutState.Successful, at: 900, tip));

    [Theory]
    [InlineData(CheckoutState.Successful, 50)]
    [InlineData(CheckoutState.Successful, -40)]
    [InlineData(CheckoutState.Failed, 40)]
    [InlineData(CheckoutState.Cancelled, 40)]
    public void Any_other_recorded_tip_is_refused_by_its_field(CheckoutState outcome, long tip)
    {
        var spec = Given(Ready.With(CakeStarted).Offline()).When(Records(CakeStarted, Ask(outcome, tip), at: 900));

        spec.ThenRefused(RefusalCode.Invalid);
        Assert.Equal("tip", Assert.Single(spec.Decision.Refusal?.Fields ?? []).Field);
    }

    [Fact]
    public void A_checkout_that_is_not_there_cannot_be_recorded()
    {
        Given(Lost).When(Records(null, Ask(CheckoutState.Failed), at: 900)).ThenRefused(RefusalCode.NotFound);
        Given(Lost).When(Records(CoffeeStarted with { ReaderId = "rdr_7" }, Ask(CheckoutState.Failed), at: 900))
            .ThenRefused(RefusalCode.NotFound);
    }

    [Fact]
    public void Evidence_that_comes_later_and_agrees_changes_nothing()
    {
        var (paid, failed) = (Recorded(CoffeeStarted, CheckoutState.Successful, 900).Checkout,
            Recorded(CoffeeStarted, CheckoutState.Failed, 900).Checkout);

        Given(Ready.With(paid)).When(Reports(paid, Charged(350), at: 1_000)).ThenNothing();
        Given(Ready.With(failed)).When(Reports(failed, Declined, at: 1_000)).ThenNothing();
    }

    [Fact]
    public void Evidence_that_comes_later_and_disagrees_is_a_dispute()
    {
        var (paid, failed) = (Recorded(CoffeeStarted, CheckoutState.Successful, 900).Checkout,
            Recorded(CoffeeStarted, CheckoutState.Failed, 900).Checkout);

        Given(Ready.With(paid)).When(Reports(paid, Declined, at: 1_000)).Then(paid.IsDisputed(Declined, at: 1_000));
        Given(Ready.With(failed)).When(Reports(failed, Charged(350), at: 1_000))
            .Then(failed.IsDisputed(Charged(350), at: 1_000));
    }

    [Fact]
    public void A_reader_is_free_after_its_outcome_was_recorded() =>
        Given(Ready.With(Recorded(CoffeeStarted, CheckoutState.Failed, at: 900).Checkout))
            .When(Starts(Cake, at: 1_000)).Then(Accepts(Cake, at: 1_000));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_release_frees_a_reader_whether_its_device_is_connected(bool online) =>
        Given(online ? Paying : Lost).When(Records(CoffeeStarted, Release, at: 300)).Then(Released(at: 300));

    [Fact]
    public void A_release_is_refused_in_the_first_five_minutes() =>
        Given(Paying).When(Records(CoffeeStarted, Release, at: 299)).ThenRefused(RefusalCode.TooEarlyToRecord);

    [Fact]
    public void A_release_said_again_is_already_so_and_no_record()
    {
        var released = Released(at: 300).Checkout;

        Given(Ready.With(released)).When(Records(released, Release, at: 400)).ThenNothing();
        Given(Ready.With(released)).When(Records(released, Release with { Release = false }, at: 400))
            .ThenRefused(RefusalCode.CheckoutFinal);
    }

    [Fact]
    public void A_charge_that_comes_after_a_release_is_a_dispute()
    {
        var released = Released(at: 300).Checkout;

        Given(Ready.With(released)).When(Reports(released, Charged(350), at: 1_000))
            .Then(released.IsDisputed(Charged(350), at: 1_000));
        Given(Ready.With(released)).When(Reports(released, Declined, at: 1_000)).ThenNothing();
        Given(Ready.With(released)).When(Starts(Cake, at: 1_000)).Then(Accepts(Cake, at: 1_000));
    }

    [Fact]
    public void What_has_ended_or_not_started_is_never_released()
    {
        Given(Busy).When(Records(CoffeeAccepted, Release, at: 300)).ThenRefused(RefusalCode.CheckoutNotStarted);
        Assert.All(Finals, final => Given(Ready.With(final)).When(Records(final, Release, at: 900))
            .ThenRefused(RefusalCode.CheckoutFinal));
    }

    private static RecordOutcome Release =>
        new(Coffee.CheckoutId, CheckoutState.Cancelled, 0, Why, "", "key-1", "head office", Release: true);

    private static ReaderEvent Released(double at)
    {
        var ended = CoffeeStarted.Cancels(Reason.ReleasedByOperator, at);
        return ended with
        {
            Checkout = ended.Checkout with { Record = new(Why, "", "key-1", "head office", At(at)) },
        };
    }

    private static RecordOutcome Ask(CheckoutState outcome, long tip = 0) =>
        new(Coffee.CheckoutId, outcome, tip, Why, Reference, "key-1", "head office");

    private static Func<Reader, Decision> Records(Checkout? named, RecordOutcome ask, double at) =>
        reader => OutcomeRules.RecordOutcome(reader, named, ask, At(at));

    private static ReaderEvent Recorded(Checkout checkout, CheckoutState outcome, double at, long tip = 0)
    {
        var ended = outcome switch
        {
            CheckoutState.Successful => checkout.Succeeds(at, tip),
            CheckoutState.Failed => checkout.Fails(Reason.RecordedByOperator, at),
            _ => checkout.Cancels(Reason.RecordedByOperator, at),
        };
        return ended with
        {
            Checkout = ended.Checkout with { Record = new(Why, Reference, "key-1", "head office", At(at)) },
        };
    }
}

using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class CloudRuleSpecs
{
    private static readonly Evidence Paid = new(EvidenceKind.Report, Charged(350), CoffeeIds);

    private static readonly Checkout CoffeeRefused = (CoffeeSent with
    {
        Cloud = Attempt(CoffeeSent) with { Refused = Refusal.ProviderUnavailable },
    }).Cancels(Reason.RefusedByProvider, at: 6).Checkout;

    private static readonly Checkout CoffeeUnstarted = CoffeeDoubted.Cancels(Reason.NotStarted, at: 125).Checkout;

    [Fact]
    public void The_grant_names_the_attempt_before_it_is_sent() =>
        Given(Busy).When(Sends(Coffee, at: 5)).Then(new ReaderEvent(EventKind.Started, CoffeeSent));

    [Fact]
    public void An_attempt_that_was_granted_is_not_granted_again() =>
        Given(Busy).When(Sends(Coffee, at: 5)).When(Sends(Coffee, at: 6)).ThenNothing();

    [Fact]
    public void An_attempt_after_the_window_expires_and_is_refused() =>
        Given(Busy).When(Sends(Coffee, at: 60))
            .ThenRefused(RefusalCode.CheckoutNotOpen, CoffeeAccepted.Cancels(Reason.Expired, at: 60));

    [Fact]
    public void Each_checkout_has_one_reference_in_the_cloud()
    {
        var id = new Guid("c0ffee00-0000-4000-8000-000000000001");

        Assert.Equal("fleet-c0ffee00000040008000000000000001", CloudAttempt.ForeignIdOf(id));
        Assert.Equal(id, CloudAttempt.CheckoutOf("fleet-c0ffee00000040008000000000000001"));
        Assert.All(["", "fleet-", "fleet-7", "c0ffee00000040008000000000000001", $"fleet-{id}", null],
            other => Assert.Null(CloudAttempt.CheckoutOf(other)));
    }

    [Fact]
    public void A_checkout_that_the_cloud_took_keeps_its_ids() =>
        Given(Ready.With(CoffeeSent)).When(Confirms(CoffeeSent, CoffeeIds, at: 6))
            .Then(new ReaderEvent(EventKind.Confirmed, CoffeeTaken));

    [Fact]
    public void The_same_ids_told_again_are_already_so() =>
        Given(Ready.With(CoffeeTaken)).When(Confirms(CoffeeTaken, CoffeeIds, at: 7)).ThenNothing();

    [Fact]
    public void An_id_that_is_known_is_never_replaced() =>
        Given(Ready.With(CoffeeTaken)).When(Confirms(CoffeeTaken, new("other", "other"), at: 7)).ThenNothing();

    [Fact]
    public void An_id_that_is_told_later_is_kept_too()
    {
        var all = CoffeeIds with { TransactionCode = "TEENSK4W2K" };

        Given(Ready.With(CoffeeTaken)).When(Confirms(CoffeeTaken, all, at: 9))
            .Then(new ReaderEvent(EventKind.Confirmed, CoffeeTaken.Knows(all, at: 9)));
    }

    [Fact]
    public void An_id_that_cannot_be_read_confirms_nothing() =>
        Given(Ready.With(CoffeeDoubted)).When(Confirms(CoffeeDoubted, new("../..", " "), at: 20)).ThenNothing();

    [Fact]
    public void A_confirmation_that_comes_after_a_doubt_ends_it() =>
        Given(Ready.With(CoffeeDoubted)).When(Confirms(CoffeeDoubted, CoffeeIds, at: 20))
            .Then(new ReaderEvent(EventKind.Confirmed, CoffeeSent.Knows(CoffeeIds, at: 20)));

    [Fact]
    public void A_confirmation_does_not_end_the_wait_for_results()
    {
        var waiting = CoffeeTaken.IsDoubted(Doubt.NoResult, at: 185);

        Given(Ready.With(waiting)).When(Confirms(waiting, CoffeeIds, at: 190)).ThenNothing();
    }

    [Fact]
    public void A_refused_attempt_ends_at_once_without_an_outcome()
    {
        var spec = Given(Ready.With(CoffeeSent)).When(CloudRefuses(CoffeeSent, at: 6));

        spec.Then(new ReaderEvent(EventKind.Refused, CoffeeRefused));
        Assert.All(spec.Decision.Events, happened => Assert.True(happened is { IsEnd: true, IsOutcome: false }));
    }

    [Fact]
    public void A_refusal_that_is_told_again_is_already_so() =>
        Given(Ready.With(CoffeeRefused)).When(CloudRefuses(CoffeeRefused, at: 7)).ThenNothing();

    [Fact]
    public void A_reader_is_free_after_its_attempt_was_refused() =>
        Given(Ready.With(CoffeeSent)).When(CloudRefuses(CoffeeSent, at: 6)).When(Starts(Cake, at: 7))
            .Then(Accepts(Cake, at: 7));

    [Fact]
    public void A_refusal_ends_neither_what_was_confirmed_nor_disputed()
    {
        var disputed = CoffeeSent.IsDisputed(Charged(1), at: 10).Checkout;

        Assert.All([CoffeeTaken, disputed],
            named => Given(Ready.With(named)).When(CloudRefuses(named, at: 20)).ThenNothing());
    }

    [Fact]
    public void A_till_is_told_that_an_answer_is_missing()
    {
        var told = CloudRules.AnswerTill(CoffeeDoubted);

        Assert.Equal(RefusalCode.OutcomeUnknown, told?.Code);
        Assert.Equal(CoffeeDoubted.Id, told?.Holder?.CheckoutId);
    }

    [Fact]
    public void A_till_is_told_the_refusal_at_any_time() =>
        Assert.Equal(Refusal.ProviderUnavailable, CloudRules.AnswerTill(CoffeeRefused));

    [Fact]
    public void A_till_is_told_nothing_against_what_was_taken() =>
        Assert.All([CoffeeTaken, CoffeeTaken.IsDoubted(Doubt.NoResult, at: 185), CoffeeTaken.Succeeds(at: 20).Checkout],
            taken => Assert.Null(CloudRules.AnswerTill(taken)));

    [Fact]
    public void A_till_waits_only_while_the_cloud_may_refuse()
    {
        Assert.All([CoffeeAccepted, CoffeeSent, CoffeeDoubted], one => Assert.True(CloudRules.AwaitsAnswer(one)));
        Assert.All([CoffeeStarted, CoffeeTaken, CoffeeRefused], one => Assert.False(CloudRules.AwaitsAnswer(one)));
    }

    [Fact]
    public void An_answer_is_taken_as_it_was_sorted()
    {
        Given(Ready.With(CoffeeSent)).When(Answers(CoffeeSent, CoffeeIds, at: 6))
            .Then(new ReaderEvent(EventKind.Confirmed, CoffeeTaken));
        Given(Ready.With(CoffeeSent)).When(Answers(CoffeeSent, Refusal.ProviderUnavailable, at: 6))
            .Then(new ReaderEvent(EventKind.Refused, CoffeeRefused));
        Given(Ready.With(CoffeeSent)).When(Answers(CoffeeSent, Doubt.NoAnswer, at: 13))
            .Then(new ReaderEvent(EventKind.Doubted, CoffeeDoubted));
    }

    [Fact]
    public void Reads_that_prove_nothing_for_minutes_are_doubted()
    {
        var open = new CloudReads([CloudSource.Checkout.Says(CloudStatus.Pending, 350)]);

        Given(Ready.With(CoffeeTaken)).When(Reads(CoffeeTaken, open, at: 184)).ThenNothing();
        Given(Ready.With(CoffeeTaken)).When(Reads(CoffeeTaken, open, at: 185))
            .Then(new ReaderEvent(EventKind.Doubted, CoffeeTaken.IsDoubted(Doubt.NoResult, at: 185)));
    }

    [Theory]
    [InlineData(Doubt.NoAnswer)]
    [InlineData(Doubt.ServerError)]
    [InlineData(Doubt.NoResult)]
    public void A_doubt_is_kept_and_the_checkout_stays_open(Doubt doubt)
    {
        var spec = Given(Ready.With(CoffeeSent)).When(Doubts(CoffeeSent, doubt, at: 13));

        spec.Then(new ReaderEvent(EventKind.Doubted, CoffeeSent.IsDoubted(doubt, at: 13)));
        Assert.All(
            spec.Decision.Events, happened => Assert.True(happened.Checkout is { IsOpen: true, IsUnknown: true }));
    }

    [Fact]
    public void A_second_doubt_leaves_the_first_one_standing() =>
        Given(Ready.With(CoffeeDoubted)).When(Doubts(CoffeeDoubted, Doubt.ServerError, at: 20)).ThenNothing();

    [Fact]
    public void What_was_confirmed_meanwhile_is_not_doubted_any_more() =>
        Given(Ready.With(CoffeeTaken)).When(Doubts(CoffeeTaken, Doubt.NoAnswer, at: 13)).ThenNothing();

    [Fact]
    public void What_was_confirmed_can_still_miss_its_result() =>
        Given(Ready.With(CoffeeTaken)).When(Doubts(CoffeeTaken, Doubt.NoResult, at: 185))
            .Then(new ReaderEvent(EventKind.Doubted, CoffeeTaken.IsDoubted(Doubt.NoResult, at: 185)));

    [Fact]
    public void Neither_doubt_nor_confirmation_changes_an_outcome() =>
        Assert.All(Finals.Select(final => final with { Cloud = CoffeeDoubted.Cloud }), final =>
        {
            Given(Ready.With(final)).When(Doubts(final, Doubt.NoAnswer, at: 90)).ThenNothing();
            Given(Ready.With(final)).When(Confirms(final, CoffeeIds, at: 90)).ThenNothing();
            Given(Ready.With(final)).When(CloudRefuses(final, at: 90)).ThenNothing();
            Given(Ready.With(final)).When(EndsUnstarted(final, at: 900)).ThenNothing();
        });

    [Theory]
    [InlineData(124.9, false)]
    [InlineData(125, true)]
    [InlineData(-900, false)]
    public void An_attempt_ends_unstarted_after_two_minutes_only(double at, bool ends)
    {
        var spec = Given(Ready.With(CoffeeDoubted)).When(EndsUnstarted(CoffeeDoubted, at));

        if (ends) spec.Then(CoffeeDoubted.Cancels(Reason.NotStarted, at));
        else spec.ThenNothing();
    }

    [Fact]
    public void A_charge_after_the_end_is_a_claim_always() =>
        Assert.All([CoffeeUnstarted, CoffeeRefused], ended =>
        {
            var known = ended with { Cloud = Attempt(ended).LearnIds(CoffeeIds) };

            Given(Ready.With(ended)).When(Proves(ended, Paid, at: 300)).Then(known.IsDisputed(Charged(350), at: 300));
        });

    [Fact]
    public void What_was_disputed_does_not_end_as_unstarted()
    {
        var disputed = CoffeeDoubted.IsDisputed(Charged(1), at: 20).Checkout;

        Given(Ready.With(disputed)).When(EndsUnstarted(disputed, at: 300)).ThenNothing();
    }

    [Fact]
    public void Evidence_of_the_amount_asked_is_the_outcome() =>
        Given(Ready.With(CoffeeTaken)).When(Proves(CoffeeTaken, Paid, at: 20)).Then(CoffeeTaken.Succeeds(at: 20));

    [Fact]
    public void Evidence_of_an_outcome_ends_the_doubt_too() =>
        Given(Ready.With(CoffeeDoubted)).When(Proves(CoffeeDoubted, Paid, at: 20))
            .Then(CoffeeSent.Knows(CoffeeIds, at: 20).Succeeds(at: 20));

    [Fact]
    public void An_outcome_keeps_the_code_of_its_transaction()
    {
        var all = CoffeeIds with { TransactionCode = "TEENSK4W2K" };

        Given(Ready.With(CoffeeTaken)).When(Proves(CoffeeTaken, Paid with { Ids = all }, at: 20))
            .Then(CoffeeTaken.Knows(all, at: 20).Succeeds(at: 20));
    }

    [Fact]
    public void Evidence_that_is_proved_again_is_already_so()
    {
        var paid = CoffeeTaken.Succeeds(at: 20).Checkout;

        Given(Ready.With(paid)).When(Proves(paid, Paid, at: 30)).ThenNothing();
    }

    [Fact]
    public void A_mismatch_is_a_claim_and_never_a_success()
    {
        var mismatch = new Evidence(EvidenceKind.Mismatch, Charged(350), CoffeeIds, "currency");

        Given(Ready.With(CoffeeTaken)).When(Proves(CoffeeTaken, mismatch, at: 20))
            .Then(CoffeeTaken.IsDisputed(Charged(350), at: 20));
    }

    [Fact]
    public void Evidence_that_it_goes_on_ends_the_doubt() =>
        Given(Ready.With(CoffeeDoubted))
            .When(Proves(CoffeeDoubted, new(EvidenceKind.StillOpen, Ids: CoffeeIds), at: 20))
            .Then(new ReaderEvent(EventKind.Confirmed, CoffeeSent.Knows(CoffeeIds, at: 20)));

    [Fact]
    public void Evidence_of_nothing_changes_nothing_about_the_checkout() =>
        Given(Ready.With(CoffeeDoubted)).When(Proves(CoffeeDoubted, Evidence.NothingKnown, at: 900)).ThenNothing();

    [Fact]
    public void Evidence_that_nothing_started_ends_the_checkout() =>
        Given(Ready.With(CoffeeDoubted)).When(Proves(CoffeeDoubted, Evidence.NotStarted, at: 125))
            .Then(new ReaderEvent(EventKind.Cancelled, CoffeeUnstarted));

    [Fact]
    public void What_was_never_sent_to_the_cloud_is_refused() =>
        Assert.All<Func<Checkout?, Func<Reader, Decision>>>(
            [
                named => Confirms(named, CoffeeIds, at: 20), named => CloudRefuses(named, at: 20),
                named => Doubts(named, Doubt.Reset, at: 20), named => EndsUnstarted(named, at: 900),
                named => Proves(named, Paid, at: 20),
            ],
            ask =>
            {
                Given(Paying).When(ask(null)).ThenRefused(RefusalCode.NotFound);
                Given(Paying).When(ask(CoffeeStarted)).ThenRefused(RefusalCode.NotFound);
                Given(Paying).When(ask(CoffeeSent with { ReaderId = "rdr_7" })).ThenRefused(RefusalCode.NotFound);
            });

    [Fact]
    public void An_operator_may_record_what_the_cloud_left_unknown()
    {
        var ask = new RecordOutcome(Coffee.CheckoutId, CheckoutState.Failed, 0, "seen", "7", "key-1", "office");
        var expected = CoffeeDoubted.Fails(Reason.RecordedByOperator, at: 900);

        Given(Ready.With(CoffeeDoubted))
            .When(reader => OutcomeRules.RecordOutcome(reader, CoffeeDoubted, ask, At(900)))
            .Then(expected with
            {
                Checkout = expected.Checkout with { Record = new("seen", "7", "key-1", "office", At(900)) },
            });
        Given(Ready.With(CoffeeTaken))
            .When(reader => OutcomeRules.RecordOutcome(reader, CoffeeTaken, ask, At(900)))
            .ThenRefused(RefusalCode.ReaderOnline);
    }
}

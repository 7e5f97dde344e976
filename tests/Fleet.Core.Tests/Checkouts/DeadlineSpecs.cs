using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class DeadlineSpecs
{
    private static readonly StartCheckout Short = Coffee with { Terms = Coffee.Terms with { DeadlineSeconds = 20 } };

    private static readonly StartCheckout Long = Coffee with { Terms = Coffee.Terms with { DeadlineSeconds = 90 } };

    [Theory]
    [InlineData(null, "")]
    [InlineData(10, "")]
    [InlineData(3600, "")]
    [InlineData(9, "deadline_seconds must be between 10 and 3600")]
    [InlineData(3601, "deadline_seconds must be between 10 and 3600")]
    public void A_deadline_is_between_10_and_3600_seconds(int? seconds, string faults) =>
        Assert.Equal(faults, (Plain with { DeadlineSeconds = seconds }).Faults());

    [Fact]
    public void A_deadline_inside_the_window_ends_the_window()
    {
        var accepted = Open(Short);

        Assert.Equal((At(20), At(20)), (accepted.ValidUntil, accepted.DeadlineAt));
        Assert.Equal((At(60), At(90)), (Open(Long).ValidUntil, Open(Long).DeadlineAt));
        Given(Ready.With(accepted)).When(TimePasses(until: 19.9)).ThenNothing();
        Given(Ready.With(accepted)).When(TimePasses(until: 20)).Then(accepted.Cancels(Reason.Deadline, at: 20));
    }

    [Fact]
    public void A_device_that_starts_at_the_deadline_gets_no_grant()
    {
        var accepted = Open(Short);

        var decision = ReaderRules.GrantStart(Ready.With(accepted), accepted.Id, At(20));

        Assert.Equal(RefusalCode.CheckoutNotOpen, decision.Refusal?.Code);
        Assert.Equal(Reason.Deadline, Assert.Single(decision.Events).Checkout.Reason);
    }

    [Fact]
    public void A_window_that_ends_first_is_the_reason() =>
        Given(Ready.With(Open(Long))).When(TimePasses(until: 95)).Then(Open(Long).Cancels(Reason.Expired, at: 95));

    [Fact]
    public void A_started_checkout_is_asked_to_end_once()
    {
        var started = Open(Long).Starts(at: 5).Checkout;
        var asked = Late(started);

        Given(Ready.With(started)).When(reader => ReaderRules.StopLateCheckout(reader, At(89.9))).ThenNothing();
        Given(Ready.With(started)).When(reader => ReaderRules.StopLateCheckout(reader, At(90)))
            .Then(new ReaderEvent(EventKind.TerminateRequested, asked));
        Given(Ready.With(asked)).When(reader => ReaderRules.StopLateCheckout(reader, At(95))).ThenNothing();
        Given(Ready.With(asked)).When(Terminates(at: 95)).ThenNothing();
    }

    [Fact]
    public void A_till_that_asked_before_the_deadline_is_the_reason()
    {
        var asked = Open(Long).Starts(at: 5).Checkout.IsToStop(at: 30).Checkout;

        Given(Ready.With(asked)).When(reader => ReaderRules.StopLateCheckout(reader, At(95))).ThenNothing();
        Given(Ready.With(asked)).When(Reports(asked, new(CheckoutState.Cancelled, Reason.Terminated), at: 96))
            .Then(asked.Cancels(Reason.Terminated, at: 96));
    }

    [Fact]
    public void What_the_device_reports_after_the_deadline_decides()
    {
        var asked = Late(Open(Long).Starts(at: 5).Checkout);

        Given(Ready.With(asked)).When(Reports(asked, new(CheckoutState.Cancelled, Reason.Terminated), at: 91))
            .Then(asked.Cancels(Reason.Deadline, at: 91));
        Given(Ready.With(asked)).When(Reports(asked, Charged(350), at: 91)).Then(asked.Succeeds(at: 91));
        Given(Ready.With(asked)).When(Reports(asked, new(CheckoutState.Failed, Reason.Declined), at: 91))
            .Then(asked.Fails(Reason.Declined, at: 91));
    }

    [Theory]
    [InlineData(EventKind.TerminateRequested, true)]
    [InlineData(EventKind.Cancelled, false)]
    public void What_a_deadline_does_is_done_by_Fleet(EventKind kind, bool started) =>
        Assert.Equal(Actor.Fleet, Actors.DetermineActor(kind, Reason.Deadline, started, recorded: false));

    private static Checkout Open(StartCheckout ask) =>
        Assert.Single(ReaderRules.StartCheckout(Ready, ask, Noon).Events).Checkout;

    private static Checkout Late(Checkout started) =>
        started with
        {
            TerminateRequested = true,
            StoppedByDeadline = true,
            EndAskedAt = At(90),
            UpdatedAt = At(90),
        };
}

using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class EvidenceSpecs
{
    private const CloudSource CloudCheckout = CloudSource.Checkout;
    private const CloudSource Transaction = CloudSource.Transaction;
    private const CloudSource History = CloudSource.History;

    private static readonly CloudReaderStatus Idle = new(true, "IDLE", At(126));

    [Fact]
    public void A_charge_of_the_amount_asked_is_a_report() =>
        Assert.Equal(
            new Evidence(EvidenceKind.Report, Charged(350) with { Card = Visa }, CoffeeIds),
            Weigh(CoffeeTaken,
                CloudCheckout.Says(CloudStatus.Successful, 350),
                Transaction.Says(CloudStatus.Successful, 350, tip: 0) with { Card = Visa, MerchantCode = "MC0X0ABC" }));

    [Fact]
    public void Without_tip_rates_the_checkout_alone_proves_the_charge() =>
        Assert.Equal(Charged(350),
            Weigh(CoffeeTaken, CloudCheckout.Says(CloudStatus.Successful, 350), Transaction.FindsNothing()).Report);

    [Fact]
    public void The_payment_of_another_reference_proves_nothing_for_this()
    {
        var other = Transaction.Says(CloudStatus.Successful, 350) with { ForeignId = "fleet-other" };

        Assert.Equal(EvidenceKind.NothingKnown, Weigh(CoffeeTaken, other).Kind);
        Assert.Equal(EvidenceKind.NothingKnown,
            Weigh(CoffeeTaken, CloudCheckout.Says(CloudStatus.Successful, 350), other).Kind);
        Assert.Equal(EvidenceKind.NothingKnown,
            Weigh(CoffeeTaken, CloudCheckout.Says(CloudStatus.Failed), other).Kind);
    }

    [Fact]
    public void A_transaction_that_goes_on_keeps_a_failed_checkout_open()
    {
        var failed = CloudCheckout.Says(CloudStatus.Failed);

        Assert.Equal(EvidenceKind.StillOpen, Weigh(CoffeeTaken, failed, Transaction.Says(CloudStatus.Pending)).Kind);
        Assert.Equal(EvidenceKind.Report, Weigh(CoffeeTaken, failed, Transaction.Says(CloudStatus.Failed)).Kind);
    }

    [Fact]
    public void With_tip_rates_only_the_transaction_proves_the_charge()
    {
        var paid = CloudCheckout.Says(CloudStatus.Successful, 800);

        Assert.Equal(EvidenceKind.StillOpen, Weigh(CakeTaken, paid, Transaction.FindsNothing()).Kind);
        Assert.Equal(Charged(800, tip: 80),
            Weigh(CakeTaken, paid, Transaction.Says(CloudStatus.Successful, 880, tip: 80)).Report);
    }

    [Theory]
    [InlineData(800, 0)]
    [InlineData(840, 40)]
    [InlineData(880, 80)]
    public void A_tip_that_is_not_told_is_what_was_more(long total, long tip)
    {
        var evidence = Weigh(CakeTaken, History.Says(CloudStatus.Successful, total));

        Assert.Equal((EvidenceKind.Report, Charged(800, tip)), (evidence.Kind, evidence.Report));
    }

    [Theory]
    [InlineData(351, 0, "amount", 351, 0)]
    [InlineData(351, null, "amount", 351, 0)]
    [InlineData(1, 0, "amount", 1, 0)]
    [InlineData(400, 50, "tip", 350, 50)]
    [InlineData(350, 50, "amount, tip", 300, 50)]
    public void Another_amount_or_a_tip_not_offered_is_a_mismatch(
        long total, int? told, string differs, long amount, long tip)
    {
        var evidence = Weigh(CoffeeTaken, Transaction.Says(CloudStatus.Successful, total, told));

        Assert.Equal((EvidenceKind.Mismatch, differs), (evidence.Kind, evidence.Differs));
        Assert.Equal(Charged(amount, tip), evidence.Report);
    }

    [Theory]
    [InlineData("USD", 2, "MC0X0ABC", "currency")]
    [InlineData("EUR", 0, "MC0X0ABC", "amount")]
    [InlineData("EUR", 2, "MH4H92C7", "merchant")]
    [InlineData("HUF", 0, "MH4H92C7", "currency, merchant")]
    public void Another_currency_unit_or_merchant_is_a_mismatch(
        string currency, int unit, string merchant, string differs)
    {
        var paid = Transaction.Says(CloudStatus.Successful) with
        {
            Amount = new(currency, unit, 350),
            MerchantCode = merchant,
        };

        var evidence = Weigh(CoffeeTaken, paid);

        Assert.Equal((EvidenceKind.Mismatch, differs), (evidence.Kind, evidence.Differs));
    }

    [Theory]
    [InlineData(CloudStatus.Successful, CloudStatus.Failed)]
    [InlineData(CloudStatus.Cancelled, CloudStatus.Successful)]
    [InlineData(CloudStatus.Failed, CloudStatus.Successful)]
    public void A_charge_that_one_part_denies_is_a_mismatch(CloudStatus checkout, CloudStatus transaction)
    {
        var evidence = Weigh(
            CoffeeTaken, CloudCheckout.Says(checkout, 350), Transaction.Says(transaction, 350, tip: 0));

        Assert.Equal((EvidenceKind.Mismatch, "outcome"), (evidence.Kind, evidence.Differs));
    }

    [Fact]
    public void A_second_card_may_pay_after_the_first_failed() =>
        Assert.Equal(EvidenceKind.Report, Weigh(CoffeeTaken,
            CloudCheckout.Says(CloudStatus.Successful, 350),
            Transaction.Says(CloudStatus.Failed, 350), Transaction.Says(CloudStatus.Successful, 350)).Kind);

    [Fact]
    public void A_charge_whose_amount_cannot_be_read_proves_nothing_yet() =>
        Assert.Equal(EvidenceKind.StillOpen, Weigh(CoffeeTaken, Transaction.Says(CloudStatus.Successful)).Kind);

    [Theory]
    [InlineData(CloudStatus.Pending, EvidenceKind.StillOpen)]
    [InlineData(CloudStatus.Unknown, EvidenceKind.StillOpen)]
    [InlineData(CloudStatus.Failed, EvidenceKind.Report)]
    [InlineData(CloudStatus.Cancelled, EvidenceKind.Report)]
    public void The_checkout_of_the_cloud_decides_about_the_end(CloudStatus status, EvidenceKind kind) =>
        Assert.Equal(
            kind, Weigh(CoffeeTaken, CloudCheckout.Says(status, 350), Transaction.Says(CloudStatus.Failed)).Kind);

    [Fact]
    public void While_the_checkout_cannot_be_read_no_failure_ends_it()
    {
        var failed = Transaction.Says(CloudStatus.Failed);

        Assert.Equal(EvidenceKind.StillOpen, Weigh(CoffeeTaken, CloudCheckout.Fails(), failed).Kind);
        Assert.Equal(EvidenceKind.Report, Weigh(CoffeeTaken, CloudCheckout.FindsNothing(), failed).Kind);
        Assert.Equal(EvidenceKind.Report, Weigh(CoffeeTaken, failed).Kind);
    }

    [Theory]
    [InlineData(CloudStatus.Failed, "Insufficient funds", Reason.Declined)]
    [InlineData(CloudStatus.Failed, "Invalid merchant number", Reason.Declined)]
    [InlineData(CloudStatus.Failed, "Card expired", Reason.Declined)]
    [InlineData(CloudStatus.Failed, "WRONG_PIN", Reason.WrongPin)]
    [InlineData(CloudStatus.Failed, "Card removed too early", Reason.CardRemoved)]
    [InlineData(CloudStatus.Failed, "Timed out waiting for the card", Reason.NoCardInTime)]
    [InlineData(CloudStatus.Failed, "Cancelled by the cardholder", Reason.CustomerCancelled)]
    [InlineData(CloudStatus.Cancelled, null, Reason.CustomerCancelled)]
    [InlineData(CloudStatus.Failed, null, Reason.Declined)]
    [InlineData(CloudStatus.Failed, " ", Reason.Declined)]
    public void The_words_of_the_cloud_become_a_reason_for_clerks(CloudStatus status, string? text, Reason reason)
    {
        var report = Weigh(CoffeeTaken, CloudCheckout.Says(status, 350) with { FailureReason = text }).Report;

        Assert.Equal((reason, true), (report?.Reason, report?.IsValid));
    }

    [Fact]
    public void Without_a_transaction_no_card_was_presented_in_time() =>
        Assert.Equal(Reason.NoCardInTime,
            Weigh(CoffeeTaken, CloudCheckout.Says(CloudStatus.Failed, 350), Transaction.FindsNothing()).Report?.Reason);

    [Theory]
    [InlineData("Cancelled", Reason.Terminated)]
    [InlineData(null, Reason.Terminated)]
    [InlineData("Insufficient funds", Reason.Declined)]
    public void A_payment_that_the_till_stopped_was_terminated(string? text, Reason reason) =>
        Assert.Equal(reason, Weigh(CoffeeTaken with { TerminateRequested = true },
            CloudCheckout.Says(CloudStatus.Cancelled, 350) with { FailureReason = text }).Report?.Reason);

    [Fact]
    public void Nothing_found_long_after_the_attempt_never_started() =>
        Assert.Equal(
            Evidence.NotStarted,
            Weigh(CoffeeDoubted, Idle, CloudCheckout.FindsNothing(), Transaction.FindsNothing()));

    public static TheoryData<string> WhatIsNoProof =>
    [
        "no status", "offline", "busy", "no screen", "old status", "old read", "failed read", "checkout only",
        "no read", "too early", "clock set back",
    ];

    [Theory]
    [MemberData(nameof(WhatIsNoProof))]
    public void Nothing_found_proves_nothing_if_anything_is_missing(string what)
    {
        CloudReaderStatus? status = what switch
        {
            "no status" => null,
            "offline" => Idle with { Online = false },
            "busy" => Idle with { State = "WAITING_FOR_CARD" },
            "no screen" => Idle with { State = null },
            "old status" => Idle with { ReadAt = At(124) },
            _ => Idle,
        };
        CloudFinding[] findings = what switch
        {
            "old read" => [CloudCheckout.FindsNothing(), Transaction.FindsNothing(at: 124)],
            "failed read" => [CloudCheckout.FindsNothing(), Transaction.Fails()],
            "checkout only" => [CloudCheckout.FindsNothing()],
            "no read" => [],
            _ => [CloudCheckout.FindsNothing(), Transaction.FindsNothing()],
        };
        var now = what switch { "too early" => At(124), "clock set back" => At(-900), _ => At(130) };

        Assert.Equal(Evidence.NothingKnown, EvidenceRules.Weigh(CoffeeDoubted, findings, status, now));
    }

    [Fact]
    public void A_checkout_with_an_id_must_be_read_by_it() =>
        Assert.Equal(Evidence.NothingKnown, Weigh(CoffeeTaken, Idle, Transaction.FindsNothing()));

    [Fact]
    public void A_checkout_without_an_attempt_has_no_evidence() =>
        Assert.Equal(Evidence.NothingKnown, Weigh(CoffeeStarted, Transaction.Says(CloudStatus.Successful, 350)));

    [Theory]
    [InlineData("pending", CloudStatus.Pending)]
    [InlineData("SUCCESSFUL", CloudStatus.Successful)]
    [InlineData("Refunded", CloudStatus.Successful)]
    [InlineData("PAID_OUT", CloudStatus.Successful)]
    [InlineData("CHARGE_BACK", CloudStatus.Successful)]
    [InlineData("failed", CloudStatus.Failed)]
    [InlineData("cancelled", CloudStatus.Cancelled)]
    [InlineData("IN_ORBIT", CloudStatus.Unknown)]
    [InlineData("", CloudStatus.Unknown)]
    [InlineData(null, CloudStatus.Unknown)]
    public void A_status_that_is_new_is_read_as_unknown(string? word, CloudStatus status) =>
        Assert.Equal(status, CloudStatusWords.ReadStatus(word));

    private static Evidence Weigh(Checkout checkout, params CloudFinding[] findings) =>
        Weigh(checkout, Idle, findings);

    private static Evidence Weigh(Checkout checkout, CloudReaderStatus status, params CloudFinding[] findings) =>
        EvidenceRules.Weigh(checkout, findings, status, At(130));
}

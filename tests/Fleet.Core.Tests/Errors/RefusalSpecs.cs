using System.Reflection;

namespace Fleet.Core.Tests;

public sealed class RefusalSpecs
{
    /// <summary>Every code and the spec that gets it.</summary>
    private static readonly Dictionary<RefusalCode, string> Specified = new()
    {
        [RefusalCode.NotFound] = "ReportSpecs.A_report_about_an_unknown_checkout_is_refused",
        [RefusalCode.Invalid] = "CheckoutRequestSpecs.Everything_wrong_with_a_request_is_said_at_once",
        [RefusalCode.ReaderBusy] = "AcceptingSpecs.A_busy_reader_refuses_a_second_checkout",
        [RefusalCode.ReaderOffline] = "AcceptingSpecs.An_offline_reader_refuses_a_checkout_and_stores_nothing",
        [RefusalCode.KeyReused] = "IdempotencySpecs.Another_request_with_the_same_key_is_always_refused",
        [RefusalCode.CheckoutNotOpen] = "GrantSpecs.A_start_on_an_idle_reader_is_refused",
        [RefusalCode.PairingCodeUnknown] = "PairingRuleSpecs.A_code_that_no_device_shows_takes_no_device",
        [RefusalCode.PairingCodeUsed] = "PairingRuleSpecs.A_code_that_was_taken_takes_no_second_device",
        [RefusalCode.WrongKindOfReader] = "PairingRuleSpecs.A_device_and_a_merchant_must_be_of_one_kind",
        [RefusalCode.KeyNotActive] = "KeyRuleSpecs.A_key_that_is_over_cannot_be_replaced",
        [RefusalCode.NotRefundable] = "RefundSpecs.What_was_given_back_is_not_given_again",
        [RefusalCode.RefundTooLarge] = "RefundSpecs.More_than_was_paid_cannot_be_given_back",
        [RefusalCode.RefundedElsewhere] = "RefundSpecs.A_real_card_is_not_refunded_by_Fleet",
        [RefusalCode.NoReader] = "RoutingSpecs.A_wish_that_no_reader_fits_is_refused_at_once",
        [RefusalCode.NoFreeReader] = "RoutingSpecs.A_wish_whose_readers_are_all_taken_says_how_many",
        [RefusalCode.QueueFull] = "QueueRuleSpecs.The_thirty_third_till_of_a_store_is_refused",
        [RefusalCode.QueueTimeout] = "QueueRuleSpecs.A_till_whose_time_is_over_is_refused",
        [RefusalCode.StoreExists] = "StoreRuleSpecs.A_store_that_is_open_cannot_be_made_again",
        [RefusalCode.StoreNotEmpty] = "StoreRuleSpecs.A_store_with_readers_is_not_closed_before_they_left",
        [RefusalCode.ClaimTooSoon] = "ClaimSpecs.The_seventeenth_claim_in_a_row_gets_no_answer",
        [RefusalCode.ReaderOnline] = "OutcomeSpecs.A_connected_device_tells_its_outcome_itself",
        [RefusalCode.CheckoutNotStarted] = "OutcomeSpecs.What_has_not_started_is_terminated_and_not_recorded",
        [RefusalCode.CheckoutFinal] = "OutcomeSpecs.An_outcome_that_is_known_is_never_recorded_again",
        [RefusalCode.DeviceConnected] = "PairingRuleSpecs.A_device_that_is_connected_is_not_given_up",
        [RefusalCode.DeviceHasCheckout] = "PairingRuleSpecs.A_device_with_an_open_checkout_is_not_given_up",
        [RefusalCode.DeviceJustGone] = "PairingRuleSpecs.A_device_that_just_left_is_not_given_up",
        [RefusalCode.PairedElsewhere] = "PairingRuleSpecs.A_device_beyond_the_reach_is_not_given_up",
        [RefusalCode.DuplicateTransaction] = "SaleSpecs.A_sale_that_was_paid_is_not_paid_again",
        [RefusalCode.ProviderRefused] = "AnswerSpecs.A_definite_no_is_told_with_the_providers_word",
        [RefusalCode.ProviderUnavailable] = "AnswerSpecs.What_was_never_sent_is_a_definite_no",
        [RefusalCode.OutcomeUnknown] = "CloudRuleSpecs.A_till_is_told_that_an_answer_is_missing",
        [RefusalCode.RefundPending] = "CloudRefundSpecs.Two_refunds_of_one_payment_are_never_under_way",
        [RefusalCode.RefundUnknown] = "CloudRefundSpecs.A_till_is_told_what_became_of_its_refund",
        [RefusalCode.NotTestable] = "TestReaderSpecs.A_device_that_does_not_obey_tests_is_not_moved",
        [RefusalCode.TestRefused] = "TestReaderSpecs.A_refused_wish_is_told_in_words_of_the_device",
        [RefusalCode.MerchantSuspended] = "MerchantRuleSpecs.A_suspended_merchant_starts_no_amount_at_all",
        [RefusalCode.CurrencyNotTaken] = "MerchantRuleSpecs.A_refused_amount_is_told_what_would_be_taken",
        [RefusalCode.AmountOverLimit] = "MerchantRuleSpecs.A_refused_amount_is_told_what_would_be_taken",
        [RefusalCode.MerchantExists] = "MerchantEditSpecs.A_code_that_is_taken_makes_no_second_merchant",
        [RefusalCode.MerchantConfigured] = "MerchantEditSpecs.A_merchant_of_the_configuration_is_not_changed_here",
        [RefusalCode.MerchantChanged] = "MerchantEditSpecs.A_change_of_an_older_revision_is_always_refused",
        [RefusalCode.CallersIdReused] = "IdempotencySpecs.An_id_of_a_caller_for_another_payment_is_refused",
        [RefusalCode.TooManyTestReaders] = "TestReaderSpecs.A_node_makes_no_more_than_a_thousand_test_readers",
        [RefusalCode.SettingsUnsupported] = "SettingsSpecs.A_device_is_told_online_and_free_with_new_firmware",
        [RefusalCode.SettingsRefused] = "SettingsSpecs.A_device_that_refused_is_not_told_again_soon",
        [RefusalCode.SettingsUnknown] = "SettingsAnswerSpecs.An_answer_that_is_missing_is_told_as_unknown",
        [RefusalCode.IncidentResolved] = "IncidentSpecs.A_resolved_incident_is_not_resolved_in_another_way",
        [RefusalCode.TooEarlyToRecord] = "OutcomeSpecs.A_release_is_refused_in_the_first_five_minutes",
        [RefusalCode.RefundNotPending] = "RefundRecordSpecs.Without_a_pending_refund_there_is_nothing_to_record",
    };

    public static TheoryData<RefusalCode> Codes => [.. Enum.GetValues<RefusalCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_refusal_code_is_specified_in_some_spec(RefusalCode code) =>
        Assert.True(Specified.ContainsKey(code), $"{code} has no row: add the spec that gets it.");

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_spec_in_the_table_exists_and_expects_its_code(RefusalCode code)
    {
        var (type, name) = (Specified[code].Split('.')[0], Specified[code].Split('.')[1]);
        var spec = typeof(RefusalSpecs).Assembly.GetType($"Fleet.Core.Tests.{type}")?.GetMethod(name);

        Assert.NotNull(spec?.GetCustomAttribute<FactAttribute>());
        Assert.Contains($"RefusalCode.{code}", BodyOf(type, name), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_ready_made_refusal_carries_its_own_code() =>
        Assert.All(
            typeof(Refusal).GetFields(BindingFlags.Public | BindingFlags.Static),
            field => Assert.Equal(field.Name, Assert.IsType<Refusal>(field.GetValue(null)).Code.ToString()));

    [Fact]
    public void A_decision_made_of_one_answer_has_nothing_else()
    {
        Decision refused = Refusal.ReaderOffline, stored = Accepts(Coffee, at: 0);

        Assert.True(refused is { Events.IsEmpty: true, Refusal.Code: RefusalCode.ReaderOffline });
        Assert.True(stored is { Events.Length: 1, Refusal: null });
        Assert.True(Decision.AlreadySo is { Events.IsEmpty: true, Refusal: null });
    }

    private static string BodyOf(string type, string name)
    {
        var code = Repo.Source("tests/Fleet.Core.Tests")
            .Single(file => file.Path.EndsWith($"/{type}.cs", StringComparison.Ordinal)).Code;
        return code[code.IndexOf($" {name}(", StringComparison.Ordinal)..].Split("[Fact]")[0].Split("[Theory]")[0];
    }
}

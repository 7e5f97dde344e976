using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

public sealed class AnswerSpecs
{
    private const string Problem = "https://developer.sumup.com/problem/";

    [Theory]
    [InlineData(201, "c-1", "t-1", "c-1/t-1")]
    [InlineData(201, null, "urn:sumup:pos:sale:7", "/urn:sumup:pos:sale:7")]
    [InlineData(200, "c-1", null, "c-1/")]
    [InlineData(201, "../readers", "t-1", "/t-1")]
    public void A_success_with_ids_that_can_be_read_is_accepted(
        int status, string? checkout, string? client, string ids)
    {
        var sorted = AnswerRules.SortAnswer(new(status, Ids: new(checkout, client)));

        Assert.Equal(Verdict.Accepted, sorted.Verdict);
        Assert.Equal(ids, $"{sorted.Ids?.CheckoutId}/{sorted.Ids?.ClientTransactionId}");
    }

    [Theory]
    [InlineData(201, null)]
    [InlineData(201, "")]
    [InlineData(201, "--")]
    [InlineData(201, "t 1")]
    [InlineData(201, "<html>")]
    [InlineData(200, null)]
    [InlineData(204, null)]
    public void A_success_without_ids_that_can_be_read_is_unknown(int status, string? client) =>
        Assert.Equal<Sorted>(Doubt.BadAnswer, AnswerRules.SortAnswer(new(status, Ids: new(null, client))));

    [Fact]
    public void An_id_that_is_too_long_is_not_kept() =>
        Assert.Equal<Sorted>(
            Doubt.BadAnswer,
            AnswerRules.SortAnswer(new(201, Ids: new(new string('7', CloudIds.MaxLength + 1)))));

    [Theory]
    [InlineData(400, null, "bad-request")]
    [InlineData(400, "INVALID_BEARER_TOKEN", "invalid-bearer-token")]
    [InlineData(400, "DUPLICATE_HEADERS", "duplicate-headers")]
    [InlineData(401, Problem + "unauthorized", "unauthorized")]
    [InlineData(401, null, "unauthorized")]
    [InlineData(403, "<html>", "forbidden")]
    [InlineData(403, Problem + "request-blocked", "request-blocked")]
    [InlineData(404, null, "not-found")]
    [InlineData(422, "AFFILIATE_KEY_INVALID", "affiliate-key-invalid")]
    [InlineData(422, Problem + "validation-error", "validation-error")]
    public void A_definite_no_is_told_with_the_providers_word(int status, string? type, string why)
    {
        var refusal = AnswerRules.SortAnswer(new(status, Type: type)).Refusal;

        Assert.Equal((RefusalCode.ProviderRefused, why), (refusal?.Code, refusal?.Why));
    }

    [Theory]
    [InlineData("READER_BUSY", RefusalCode.ReaderBusy)]
    [InlineData(Problem + "reader-busy", RefusalCode.ReaderBusy)]
    [InlineData("READER_OFFLINE", RefusalCode.ReaderOffline)]
    [InlineData(Problem + "reader-offline", RefusalCode.ReaderOffline)]
    public void A_busy_or_offline_reader_is_refused_as_always(string type, RefusalCode code) =>
        Assert.Equal(code, AnswerRules.SortAnswer(new(422, Type: type)).Refusal?.Code);

    [Fact]
    public void Fields_that_the_provider_refuses_are_a_definite_no() =>
        Assert.Equal<Sorted>(
            Refusal.ProviderRefused("validation-error"), AnswerRules.SortAnswer(new(422, NamesFields: true)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("about:blank")]
    [InlineData(Problem + "unprocessable-entity")]
    public void A_refusal_without_a_reason_needs_the_status(string? type) =>
        Assert.Equal(Sorted.NeedsStatus, AnswerRules.SortAnswer(new(422, Type: type, Detail: "Unprocessable Entity")));

    [Theory]
    [InlineData(false, "IDLE", RefusalCode.ReaderOffline)]
    [InlineData(false, null, RefusalCode.ReaderOffline)]
    [InlineData(true, "WAITING_FOR_CARD", RefusalCode.ReaderBusy)]
    [InlineData(true, "IDLE", RefusalCode.ProviderRefused)]
    [InlineData(true, null, RefusalCode.ProviderRefused)]
    [InlineData(null, null, RefusalCode.ProviderRefused)]
    public void The_status_tells_why_without_changing_the_no(bool? online, string? state, RefusalCode code) =>
        Assert.Equal(
            code, AnswerRules.SortUntyped(online is { } known ? new(known, state, At(7)) : null).Code);

    [Theory]
    [InlineData(100, Doubt.BadAnswer)]
    [InlineData(302, Doubt.BadAnswer)]
    [InlineData(402, Doubt.BadAnswer)]
    [InlineData(408, Doubt.NoAnswer)]
    [InlineData(409, Doubt.Conflict)]
    [InlineData(413, Doubt.BadAnswer)]
    [InlineData(429, Doubt.RateLimited)]
    [InlineData(500, Doubt.ServerError)]
    [InlineData(502, Doubt.ServerError)]
    [InlineData(503, Doubt.ServerError)]
    [InlineData(504, Doubt.ServerError)]
    [InlineData(null, Doubt.BadAnswer)]
    public void Every_other_answer_leaves_the_outcome_unknown(int? status, Doubt doubt) =>
        Assert.Equal<Sorted>(doubt, AnswerRules.SortAnswer(new(status, Ids: CoffeeIds, Type: "READER_BUSY")));

    [Theory]
    [InlineData(null, TransportFailure.TimedOut, Doubt.NoAnswer)]
    [InlineData(null, TransportFailure.Broken, Doubt.Reset)]
    [InlineData(201, TransportFailure.Broken, Doubt.Reset)]
    [InlineData(422, TransportFailure.TimedOut, Doubt.NoAnswer)]
    public void An_answer_that_breaks_off_is_no_answer(int? status, TransportFailure failure, Doubt doubt) =>
        Assert.Equal<Sorted>(doubt, AnswerRules.SortAnswer(new(status, failure, CoffeeIds)));

    [Fact]
    public void What_was_never_sent_is_a_definite_no()
    {
        var sorted = AnswerRules.SortAnswer(new(null, TransportFailure.NeverSent));

        Assert.Equal((Verdict.Refused, RefusalCode.ProviderUnavailable), (sorted.Verdict, sorted.Refusal?.Code));
    }

    [Theory]
    [InlineData(422, "DUPLICATE_TRANSACTION_ID", null)]
    [InlineData(400, null, "Duplicate transaction error")]
    public void A_duplicate_means_that_the_first_may_be_taken(int status, string? type, string? detail) =>
        Assert.Equal<Sorted>(Doubt.Conflict, AnswerRules.SortAnswer(new(status, Type: type, Detail: detail)));

    [Fact]
    public void No_status_at_all_is_taken_for_a_wrong_yes() =>
        Assert.All(Enumerable.Range(100, 500), status => Assert.Equal(
            status is >= 200 and < 300,
            AnswerRules.SortAnswer(new(status, Ids: CoffeeIds)).Verdict is Verdict.Accepted));
}

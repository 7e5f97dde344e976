using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Checkouts;
using Fleet.Server.Webhooks;

namespace Fleet.Server.Tests;

/// <summary>How a checkout that SumUp's cloud carries out is saved and told.</summary>
public sealed class CloudAttemptTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly CloudAttempt Attempt = new(
        "rdr_1JHCGHNM3095NBKJP2CMDWJTDQ", "fleet-7", Noon, "c-1", "t-1", "TEENSK4W2K", Doubt.NoResult, Noon);

    private static readonly Checkout Sent = new()
    {
        Id = Guid.CreateVersion7(Noon), ClientTransactionId = Guid.NewGuid(), MerchantCode = "MC0X0ABC",
        ReaderId = "rdr_a", Terms = new() { Amount = new("EUR", 2, 350), ReturnUrl = "https://till.example/hook" },
        Serial = "7", Firmware = "1", AcceptedAt = Noon, ValidUntil = Noon.AddSeconds(60), UpdatedAt = Noon,
        State = CheckoutState.Started, Cloud = Attempt,
    };

    private static readonly Checkout Refused = Sent with
    {
        State = CheckoutState.Cancelled,
        Reason = Reason.RefusedByProvider,
        EndedAt = Noon,
    };

    [Fact]
    public void A_saved_checkout_has_all_of_its_attempt()
    {
        var body = Encoding.UTF8.GetString(CheckoutBody.Write(Sent).Text.Span);

        Assert.Equal(Attempt, StorageJson.CheckoutOf(body).Cloud);
        Assert.Equal(
            """
            {"reader_id":"rdr_1JHCGHNM3095NBKJP2CMDWJTDQ","foreign_id":"fleet-7","sent_at":"2026-01-15T12:00:00+00:00",
            "checkout_id":"c-1","client_transaction_id":"t-1","transaction_code":"TEENSK4W2K","doubt":"no_result",
            "doubt_since":"2026-01-15T12:00:00+00:00"}
            """.ReplaceLineEndings(""),
            JsonElement.Parse(body).GetProperty("cloud").GetRawText());
    }

    [Fact]
    public void A_checkout_saved_by_an_older_version_has_no_attempt()
    {
        var old = JsonNode.Parse(Encoding.UTF8.GetString(CheckoutBody.Write(Sent).Text.Span))?.AsObject();
        Assert.NotNull(old);
        Assert.True(old.Remove("cloud"));

        Assert.Null(StorageJson.CheckoutOf(old.ToJsonString()).Cloud);
    }

    [Fact]
    public void A_refused_attempt_is_in_the_timeline_with_its_reason_and_nowhere_else()
    {
        var refused = new ReaderEvent(EventKind.Refused, Refused);
        var entry = new LedgerEntry(3, EventKind.Refused, Noon, "node", Reason.RefusedByProvider, null, Refused);

        var told = Assert.Single(TimelineView.FromCheckout(Refused, [entry], []).Events);
        Assert.Equal(("refused", "device", "refused_by_provider"), (told.Kind, told.Actor, told.Reason?.Code));
        Assert.Null(HistoryRow.FromEvent(refused));
        Assert.Null(WebhookEvent.FromEvent(refused));
    }

    [Theory]
    [InlineData(Doubt.NoAnswer)]
    [InlineData(Doubt.NoResult)]
    public void What_is_unknown_is_pending_for_tills(Doubt doubt)
    {
        var told = CheckoutView.FromCheckout(Sent with { Cloud = Attempt with { Doubt = doubt } }).Data;

        Assert.Equal(("pending", "pending", null), (told.Status, told.PaymentStatus, told.PaymentFailureReason));
    }

    [Fact]
    public void A_refusal_of_the_provider_is_told_with_its_word()
    {
        var told = JsonElement.Parse(Problem.Of(Refusal.ProviderRefused("unauthorized")).ToUtf8());

        Assert.Equal(("PROVIDER_REFUSED", "SumUp refused it: unauthorized."),
            (told.GetProperty("errors").GetProperty("type").GetString(), told.GetProperty("detail").GetString()));
    }

    [Fact]
    public void A_provider_that_was_not_reached_is_a_refusal_and_no_fault()
    {
        var problem = Problem.Of(Refusal.ProviderUnavailable);

        Assert.Equal((422, "PROVIDER_UNAVAILABLE"),
            (problem.Status,
                JsonElement.Parse(problem.ToUtf8()).GetProperty("errors").GetProperty("type").GetString()));
    }
}

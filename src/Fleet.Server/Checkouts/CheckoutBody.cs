using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;

namespace Fleet.Server.Checkouts;

/// <summary>
/// Writes a checkout as <see cref="StorageJson"/> would, byte for byte, for the ledger. It is written by hand, because
/// each payment is written three times, and the serializer of a context with converters needs three times the memory.
/// What few payments have is left to the serializer.
/// </summary>
internal static class CheckoutBody
{
    /// <summary>The checkout in memory that its reader gives back.</summary>
    public static JsonScratch Write(Checkout checkout)
    {
        var scratch = JsonScratch.Take();
        WriteCheckout(scratch.Json, checkout);
        scratch.Json.Flush();
        return scratch;
    }

    private static void WriteCheckout(Utf8JsonWriter json, Checkout checkout)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, checkout.Id);
        json.WriteString("client_transaction_id"u8, checkout.ClientTransactionId);
        json.WriteText("merchant_code"u8, checkout.MerchantCode);
        json.WriteText("reader_id"u8, checkout.ReaderId);
        json.WritePropertyName("terms"u8);
        WriteTerms(json, checkout.Terms);
        json.WriteText("serial"u8, checkout.Serial);
        json.WriteText("firmware"u8, checkout.Firmware);
        json.WriteString("accepted_at"u8, checkout.AcceptedAt);
        json.WriteString("valid_until"u8, checkout.ValidUntil);
        json.WriteString("updated_at"u8, checkout.UpdatedAt);
        json.WriteText("state"u8, WordOf(checkout.State));
        json.WriteText("reason"u8, checkout.Reason?.ToWireName());
        json.WriteNumber("tip"u8, checkout.Tip);
        json.WriteBoolean("terminate_requested"u8, checkout.TerminateRequested);
        json.WriteBoolean("disputed"u8, checkout.Disputed);
        json.WriteTime("ended_at"u8, checkout.EndedAt);
        json.WriteRare("refunds"u8, checkout.Refunds, StorageJson.Default.IReadOnlyListRefund);
        WriteCard(json, checkout.Card);
        json.WriteText("store"u8, checkout.Store);
        json.WriteText("trace"u8, checkout.Trace);
        json.WriteRare("claims"u8, checkout.Claims, StorageJson.Default.IReadOnlyListDeviceClaim);
        json.WriteRare("record"u8, checkout.Record, StorageJson.Default.OutcomeRecord);
        json.WriteRare("cloud"u8, checkout.Cloud, StorageJson.Default.CloudAttempt);
        json.WriteRare("pending_refund"u8, checkout.PendingRefund, StorageJson.Default.PendingRefund);
        json.WriteRare("recorded_refund"u8, checkout.RecordedRefund, StorageJson.Default.RecordedRefund);
        json.WriteBoolean("stopped_by_deadline"u8, checkout.StoppedByDeadline);
        json.WriteTime("end_asked_at"u8, checkout.EndAskedAt);
        json.WriteEndObject();
    }

    private static void WriteTerms(Utf8JsonWriter json, CheckoutTerms terms)
    {
        json.WriteStartObject();
        json.WriteStartObject("amount"u8);
        json.WriteText("currency"u8, terms.Amount.Currency);
        json.WriteNumber("minor_unit"u8, terms.Amount.MinorUnit);
        json.WriteNumber("value"u8, terms.Amount.Value);
        json.WriteEndObject();
        json.WriteText("description"u8, terms.Description);
        json.WriteText("card_type"u8, terms.CardType is { } type ? WordOf(type) : null);
        json.WriteNumberIf("installments"u8, terms.Installments);
        json.WriteStartArray("tip_rates"u8);
        foreach (var rate in terms.TipRates) json.WriteNumberValue(rate);
        json.WriteEndArray();
        json.WriteNumber("tip_timeout_seconds"u8, terms.TipTimeoutSeconds);
        json.WriteText("return_url"u8, terms.ReturnUrl);
        json.WriteRare("affiliate"u8, terms.Affiliate, StorageJson.Default.AffiliateTerms);
        json.WriteRare("aade"u8, terms.Aade, StorageJson.Default.AadeTerms);
        json.WriteNumberIf("fixed_tip"u8, terms.FixedTip);
        if (terms.HasDefaultReturnUrl) json.WriteBoolean("has_default_return_url"u8, true);
        json.WriteText("callers_id"u8, terms.CallersId);
        json.WriteNumberIf("deadline_seconds"u8, terms.DeadlineSeconds);
        json.WriteText("till"u8, terms.Till);
        json.WriteEndObject();
    }

    private static void WriteCard(Utf8JsonWriter json, CardRead? card)
    {
        if (card is null) return;
        json.WriteStartObject("card"u8);
        json.WriteText("last4"u8, card.Last4);
        json.WriteText("scheme"u8, card.Scheme);
        json.WriteText("entry_mode"u8, card.EntryMode?.ToWireName());
        json.WriteText("auth_code"u8, card.AuthCode);
        json.WriteEndObject();
    }

    /// <summary>The word of what is never guessed: one that no version has is not saved.</summary>
    private static string WordOf<T>(T member) where T : struct, Enum =>
        member.IsRecognized() ? member.ToWireName() : throw new JsonException($"No {typeof(T).Name} is {member}.");

    private static void WriteText(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null) json.WriteString(name, text);
    }

    private static void WriteNumberIf(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } some) json.WriteNumber(name, some);
    }

    private static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } some) json.WriteString(name, some);
    }

    /// <summary>Writes what the serializer knows to write; an empty list needs no serializer.</summary>
    private static void WriteRare<T>(
        this Utf8JsonWriter json, ReadOnlySpan<byte> name, T? value, JsonTypeInfo<T> type) where T : class
    {
        if (value is null) return;
        json.WritePropertyName(name);
        if (value is ICollection { Count: 0 })
        {
            json.WriteStartArray();
            json.WriteEndArray();
        }
        else
        {
            JsonSerializer.Serialize(json, value, type);
        }
    }
}

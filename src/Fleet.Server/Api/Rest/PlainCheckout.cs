using System.Text.Json;
using System.Text.Unicode;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// Reads the bodies that nearly all tills send, and no other: texts without escapes, whole numbers, and no list. The
/// serializer needs three times the memory for them. What it refuses, or what is read in more than one way, is left to
/// the serializer, which also knows how to explain an error; a test compares the two.
/// </summary>
internal static class PlainCheckout
{
    /// <summary>Reads the body of a request.</summary>
    public static ValueTask<(CheckoutRequest? Body, Problem? Problem)> ReadBody(
        HttpRequest request, CancellationToken cancel) =>
        JsonBody.ReadObject(request, ApiJson.Default.CheckoutRequest, cancel, plain: Read);

    /// <summary>The request of a body; null for a body that must be read with more care.</summary>
    public static CheckoutRequest? Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8 is not [(byte)'{', ..] || !Utf8.IsValid(utf8)) return null;
        try
        {
            var json = new Utf8JsonReader(utf8);
            json.Read();
            return ReadRequest(ref json) is { } request && !json.Read() ? request : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CheckoutRequest? ReadRequest(ref Utf8JsonReader json)
    {
        AmountRequest? amount = null;
        AffiliateRequest? affiliate = null;
        string? description = null, cardType = null, returnUrl = null, till = null;
        int? installments = null, tipTimeout = null, deadline = null;
        while (TryReadName(ref json))
        {
            var isNew =
                json.ValueTextEquals("total_amount"u8) ? amount is null && (amount = ReadAmount(ref json)) is not null
                : json.ValueTextEquals("affiliate"u8)
                    ? affiliate is null && (affiliate = ReadAffiliate(ref json)) is not null
                : json.ValueTextEquals("description"u8) ? TryReadText(ref json, ref description)
                : json.ValueTextEquals("card_type"u8) ? TryReadText(ref json, ref cardType)
                : json.ValueTextEquals("return_url"u8) ? TryReadText(ref json, ref returnUrl)
                : json.ValueTextEquals("till"u8) ? TryReadText(ref json, ref till)
                : json.ValueTextEquals("installments"u8) ? TryReadNumber(ref json, ref installments)
                : json.ValueTextEquals("tip_timeout"u8) ? TryReadNumber(ref json, ref tipTimeout)
                : json.ValueTextEquals("deadline_seconds"u8) && TryReadNumber(ref json, ref deadline);
            if (!isNew) return null;
        }
        if (json.TokenType is not JsonTokenType.EndObject) return null;
        return new()
        {
            TotalAmount = amount,
            Description = description,
            CardType = cardType,
            Installments = installments,
            TipTimeout = tipTimeout,
            ReturnUrl = returnUrl,
            Affiliate = affiliate,
            DeadlineSeconds = deadline,
            Till = till,
        };
    }

    private static AmountRequest? ReadAmount(ref Utf8JsonReader json)
    {
        string? currency = null;
        int? minorUnit = null;
        long? value = null;
        if (!json.Read() || json.TokenType is not JsonTokenType.StartObject) return null;
        while (TryReadName(ref json))
        {
            var isNew = json.ValueTextEquals("currency"u8) ? TryReadText(ref json, ref currency)
                : json.ValueTextEquals("minor_unit"u8) ? TryReadNumber(ref json, ref minorUnit)
                : json.ValueTextEquals("value"u8) && TryReadLong(ref json, ref value);
            if (!isNew) return null;
        }
        return json.TokenType is JsonTokenType.EndObject
            ? new() { Currency = currency, MinorUnit = minorUnit, Value = value }
            : null;
    }

    private static AffiliateRequest? ReadAffiliate(ref Utf8JsonReader json)
    {
        string? appId = null, key = null, reference = null;
        if (!json.Read() || json.TokenType is not JsonTokenType.StartObject) return null;
        while (TryReadName(ref json))
        {
            var isNew = json.ValueTextEquals("app_id"u8) ? TryReadText(ref json, ref appId)
                : json.ValueTextEquals("key"u8) ? TryReadText(ref json, ref key)
                : json.ValueTextEquals("foreign_transaction_id"u8) && TryReadText(ref json, ref reference);
            if (!isNew) return null;
        }
        return json.TokenType is JsonTokenType.EndObject
            ? new() { AppId = appId, Key = key, ForeignTransactionId = reference }
            : null;
    }

    /// <summary>Reads the next name of an object; false at its end, and for a name that is not plain.</summary>
    private static bool TryReadName(ref Utf8JsonReader json) =>
        json.Read() && json.TokenType is JsonTokenType.PropertyName && !json.ValueIsEscaped;

    /// <summary>Reads a text; false for anything else, and for a name that came before.</summary>
    private static bool TryReadText(ref Utf8JsonReader json, ref string? text)
    {
        if (text is not null || !json.Read() || json.TokenType is not JsonTokenType.String || json.ValueIsEscaped)
            return false;
        text = json.GetString();
        return true;
    }

    private static bool TryReadNumber(ref Utf8JsonReader json, ref int? number)
    {
        if (number is not null || !json.Read() || json.TokenType is not JsonTokenType.Number
            || !json.TryGetInt32(out var read)) return false;
        number = read;
        return true;
    }

    private static bool TryReadLong(ref Utf8JsonReader json, ref long? number)
    {
        if (number is not null || !json.Read() || json.TokenType is not JsonTokenType.Number
            || !json.TryGetInt64(out var read)) return false;
        number = read;
        return true;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Microsoft.OpenApi;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// What the types of bodies cannot say about their members: ranges, lengths and closed lists of words. The constants
/// are those that the checks of the requests use.
/// </summary>
internal static class OpenApiRules
{
    private static readonly string[] CardTypes = [.. Enum.GetValues<CardType>().Select(type => type.ToWireName())];

    private static readonly string[] CheckoutStatuses = ["pending", "successful", "failed", "cancelled"];

    private static readonly string[] Reasons =
        [.. Enum.GetValues<Reason>().Select(reason => reason.ToWireName()), SnakeCase.Unrecognized];

    private static readonly string[] Doubts =
        [.. Enum.GetValues<Doubt>().Select(doubt => doubt.ToWireName()), SnakeCase.Unrecognized];

    private static readonly Dictionary<(Type, string), Action<OpenApiSchema>> Rules = new()
    {
        [(typeof(CheckoutRequest), "description")] = Describe(
            "What is sold. The customer may see it on the device; the transaction has it as product_summary."),
        [(typeof(CheckoutRequest), "card_type")] = Words(CardTypes),
        [(typeof(CheckoutRequest), "installments")] = Range(1, CheckoutRequest.MaxInstallments),
        [(typeof(CheckoutRequest), "tip_rates")] = DescribeTipRates,
        [(typeof(CheckoutRequest), "tip_timeout")] = Range(CheckoutRequest.MinTipTimeoutSeconds,
            CheckoutRequest.MaxTipTimeoutSeconds, "Seconds for the tip screen, default "
                + $"{CheckoutRequest.DefaultTipTimeoutSeconds}; only together with tip_rates."),
        [(typeof(CheckoutRequest), "return_url")] = Text(CheckoutRequest.MaxUrl, "Where the outcome is sent: https."),
        [(typeof(CheckoutRequest), "deadline_seconds")] =
            Range(CheckoutRequest.MinDeadlineSeconds, CheckoutRequest.MaxDeadlineSeconds),
        [(typeof(AmountRequest), "currency")] = Words(Currencies.Codes),
        [(typeof(AmountRequest), "minor_unit")] =
            Range(0, 2, "Decimals of the currency: 0 for CLP, COP and HUF, else 2."),
        [(typeof(AmountRequest), "value")] = Range(1, Money.MaxValue, "Whole minor units: 1500 is 15.00 EUR."),
        [(typeof(AffiliateRequest), "app_id")] = Text(CheckoutRequest.MaxReference),
        [(typeof(AffiliateRequest), "key")] = Text(CheckoutRequest.MaxReference),
        [(typeof(AffiliateRequest), "foreign_transaction_id")] =
            Text(CheckoutRequest.MaxReference, "The till's own id of the sale, which is paid once."),
        [(typeof(AadeRequest), "provider_id")] = Text(CheckoutRequest.MaxReference),
        [(typeof(AadeRequest), "signature")] = Text(CheckoutRequest.MaxSignature),
        [(typeof(AadeRequest), "signature_data")] = Text(CheckoutRequest.MaxSignature),
        [(typeof(GoAmountRequest), "currency")] = Words(Currencies.Codes),
        [(typeof(GoAmountRequest), "value")] = Range(1, Money.MaxValue, "Whole minor units: 1500 is 15.00 EUR."),
        [(typeof(GoCheckoutRequest), "tip_amount")] = Range(0, Money.MaxValue),
        [(typeof(GoCheckoutRequest), "client_transaction_id")] = Text(CheckoutRequest.MaxReference),
        [(typeof(GoAffiliateRequest), "app_id")] = Text(CheckoutRequest.MaxReference),
        [(typeof(GoAffiliateRequest), "key")] = Text(CheckoutRequest.MaxReference),
        [(typeof(CreateReaderBody), "name")] = Text(ReaderFields.MaxName),
        [(typeof(UpdateReaderBody), "name")] = Text(ReaderFields.MaxName),
        [(typeof(MenuLockView), "passcode")] = schema => schema.Pattern = "^[0-9]{4}$",
        [(typeof(RefundBody), "amount")] = schema => schema.ExclusiveMinimum = "0",
        [(typeof(ReplayBody), "state")] = Words(["dead", "delivered"]),
        [(typeof(TestWebhookBody), "url")] = Text(CheckoutRequest.MaxUrl),
        [(typeof(CheckoutData), "payment_type")] = Words(["card"]),
        [(typeof(CheckoutData), "card_type")] = Words(CardTypes),
        [(typeof(CheckoutData), "payment_status")] = Words(CheckoutStatuses),
        [(typeof(CheckoutData), "status")] = Words(CheckoutStatuses),
        [(typeof(CheckoutData), "payment_failure_reason")] = Words(Reasons),
        [(typeof(MoneyView), "currency")] = Words(Currencies.Codes),
        [(typeof(ReaderView), "status")] = Words(["processing", "paired", "expired", "unknown"]),
        [(typeof(ReaderStatusData), "status")] = Words(["ONLINE", "OFFLINE"]),
        [(typeof(ReaderStatusData), "state")] = Words(Screens.All),
        [(typeof(ReaderStatusData), "connection_type")] = Words(Connections.All),
        [(typeof(DeliveryView), "state")] = Words(["waiting", "delivered", "dead"]),
        [(typeof(ReasonView), "code")] = Words(Reasons),
        [(typeof(DoubtView), "code")] = Words(Doubts),
    };

    /// <summary>Adds the rules of a member, if it has some.</summary>
    /// <param name="schema">The schema of the member.</param>
    /// <param name="body">The type that has the member.</param>
    /// <param name="member">Its name in JSON.</param>
    public static void AddRules(this OpenApiSchema schema, Type body, string member)
    {
        if (Rules.TryGetValue((body, member), out var add)) add(schema);
    }

    /// <summary>A closed list. A member that may be null has null in its list, too.</summary>
    private static Action<OpenApiSchema> Words(IEnumerable<string> words) => schema =>
    {
        var nodes = words.Select(word => (JsonNode)JsonValue.Create(word)).ToList();
        if (schema.Type?.HasFlag(JsonSchemaType.Null) is true) nodes.Add(JsonNullSentinel.JsonNull);
        schema.Enum = nodes;
    };

    private static Action<OpenApiSchema> Range(long min, long max, string? description = null) => schema =>
    {
        schema.Minimum = min.ToString(CultureInfo.InvariantCulture);
        schema.Maximum = max.ToString(CultureInfo.InvariantCulture);
        schema.Description = description ?? schema.Description;
    };

    private static Action<OpenApiSchema> Text(int max, string? description = null) => schema =>
    {
        (schema.MinLength, schema.MaxLength) = (1, max);
        schema.Description = description ?? schema.Description;
    };

    private static Action<OpenApiSchema> Describe(string description) => schema => schema.Description = description;

    private static void DescribeTipRates(OpenApiSchema schema)
    {
        schema.MaxItems = CheckoutRequest.MaxTipRates;
        schema.Description = "Tips that the customer may choose, as parts of the amount, in ascending order.";
        if (schema.Items is not OpenApiSchema rate) return;
        (rate.Minimum, rate.Maximum, rate.MultipleOf) = ("0.01", "0.99", 0.01m);
    }
}

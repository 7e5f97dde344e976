using System.Text.Json.Serialization;
using Fleet.Core;
using Fleet.Core.Checkouts;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// How JSON of the Cloud API is written and read. A trailing comma is accepted because SumUp's own guide has one. A
/// repeated member is refused, because it would not be clear which of the two amounts is meant.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false,
    Converters = [typeof(Rfc3339Json)])]
[JsonSerializable(typeof(CheckoutRequest))]
[JsonSerializable(typeof(GoCheckoutRequest))]
[JsonSerializable(typeof(GoCheckoutView))]
[JsonSerializable(typeof(CreateReaderBody))]
[JsonSerializable(typeof(UpdateReaderBody))]
[JsonSerializable(typeof(TerminateBody))]
[JsonSerializable(typeof(ReplayBody))]
[JsonSerializable(typeof(ReplayedView))]
[JsonSerializable(typeof(TestWebhookBody))]
[JsonSerializable(typeof(DeliveryView))]
[JsonSerializable(typeof(DeliveryListView))]
[JsonSerializable(typeof(ReaderView))]
[JsonSerializable(typeof(ReaderListView))]
[JsonSerializable(typeof(CheckoutCreatedView))]
[JsonSerializable(typeof(CheckoutView))]
[JsonSerializable(typeof(ReaderStatusView))]
[JsonSerializable(typeof(UpdateReaderSettingsBody))]
[JsonSerializable(typeof(ReaderSettingsView))]
[JsonSerializable(typeof(ReaderSettingsAppliedView))]
[JsonSerializable(typeof(TransactionView))]
[JsonSerializable(typeof(HistoryView))]
[JsonSerializable(typeof(RefundBody))]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(TimelineView))]
[JsonSerializable(typeof(CheckoutEventView))]
[JsonSerializable(typeof(MeView))]
[JsonSerializable(typeof(MerchantView))]
[JsonSerializable(typeof(MerchantProfileView))]
[JsonSerializable(typeof(PaymentMethodsView))]
[JsonSerializable(typeof(MembershipListView))]
[JsonSerializable(typeof(EmptyView[]))]
[JsonSerializable(typeof(EmptyView))]
internal sealed partial class ApiJson : JsonSerializerContext;

/// <summary>
/// The answer that is given most. Only a context without converters of its own is written by generated code alone; the
/// other one needs memory for each answer.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckoutCreatedView))]
internal sealed partial class CreatedJson : JsonSerializerContext;

/// <summary>An empty JSON object: official clients fail on an empty body.</summary>
public sealed record EmptyView;

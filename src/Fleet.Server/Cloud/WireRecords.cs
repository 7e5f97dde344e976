using System.Text.Json;

namespace Fleet.Server.Cloud;

/// <summary>The cloud's word for what became of a checkout; it may use words that Fleet does not know.</summary>
internal enum WireCheckoutStatus
{
    Unknown,
    Pending,
    Successful,
    Failed,
    Cancelled,
}

/// <summary>The cloud's word for what became of a transaction.</summary>
internal enum WireTransactionStatus
{
    Unknown,
    Pending,
    Successful,
    Failed,
    Cancelled,
    Refunded,
    ChargeBack,
}

/// <summary>The cloud's word for what a reader shows.</summary>
internal enum WireReaderState
{
    Unknown,
    Idle,
    SelectingTip,
    WaitingForCard,
    WaitingForPin,
    WaitingForSignature,
    UpdatingFirmware,
}

/// <summary>The cloud's word for how far a pairing is.</summary>
internal enum WirePairing
{
    Unknown,
    Processing,
    Paired,
    Expired,
}

/// <summary>The ids that the cloud gives a new checkout. Each may be missing.</summary>
internal sealed record WireIds(string? CheckoutId, string? ClientTransactionId)
{
    public static WireIds Read(JsonElement body)
    {
        var data = body.Data();
        return new(data.Text("checkout_id"), data.Text("client_transaction_id"));
    }
}

/// <summary>A checkout as the cloud tells it. Every member may be missing.</summary>
internal sealed record WireCheckout(
    string? CheckoutId, string? ClientTransactionId, WireCheckoutStatus Status, string? PaymentStatus,
    string? FailureReason, WireMoney? Amount, string? PaymentType, string? CardType, int? Installments,
    string? ReaderSerial, string? Firmware, DateTimeOffset? ValidUntil, DateTimeOffset? CreatedAt,
    DateTimeOffset? UpdatedAt)
{
    public static WireCheckout Read(JsonElement body)
    {
        var data = body.Data();
        return new(
            data.Text("checkout_id"), data.Text("client_transaction_id"),
            data.Word<WireCheckoutStatus>("status"), data.Text("payment_status"),
            data.Text("payment_failure_reason"), ReadMoney(data.Member("total_amount")), data.Text("payment_type"),
            data.Text("card_type"), (int?)data.Whole("installments"), data.Text("reader_serial_number"),
            data.Text("reader_firmware_version"), data.Time("valid_until"), data.Time("created_at"),
            data.Time("updated_at"));
    }

    private static WireMoney? ReadMoney(JsonElement? amount) =>
        amount is { } money && money.Text("currency") is { } currency && money.Whole("value") is { } value
            ? new(currency, (int)(money.Whole("minor_unit") ?? -1), value)
            : null;
}

/// <summary>What the cloud knows of a reader. A real one often says only whether it is online.</summary>
internal sealed record WireStatus(
    bool? IsOnline, WireReaderState State, decimal? BatteryLevel, decimal? BatteryTemperature,
    string? ConnectionType, string? Firmware, DateTimeOffset? LastActivity)
{
    public static WireStatus Read(JsonElement body)
    {
        var data = body.Data();
        bool? online = data.Text("status")?.ToUpperInvariant() switch
        {
            "ONLINE" => true,
            "OFFLINE" => false,
            _ => null,
        };
        return new(
            online, data.Word<WireReaderState>("state"), data.Number("battery_level"),
            data.Number("battery_temperature"), data.Text("connection_type"), data.Text("firmware_version"),
            data.Time("last_activity"));
    }
}

/// <summary>
/// The settings of a reader, or the part that was changed; a class, so that its passcode is in no text of it.
/// </summary>
internal sealed class WireSettings
{
    /// <summary>The word for what became of a change; null for none.</summary>
    public string? Status { get; private init; }

    public bool? Enabled { get; private init; }

    public string? Passcode { get; private init; }

    public static WireSettings Read(JsonElement body)
    {
        var data = body.Data();
        var menuLock = data.Member("menu_lock") ?? default;
        return new()
        {
            Status = data.Text("status"), Enabled = menuLock.Flag("enabled"), Passcode = menuLock.Text("passcode"),
        };
    }
}

/// <summary>A reader of the cloud. Its id names the pairing; the device keeps its identifier.</summary>
internal sealed record WireReader(
    string? Id, string? Name, WirePairing Pairing, string? Identifier, string? Model, DateTimeOffset? CreatedAt,
    DateTimeOffset? UpdatedAt)
{
    public static WireReader Read(JsonElement body)
    {
        var device = body.Member("device") ?? default;
        return new(
            body.Text("id"), body.Text("name"), body.Word<WirePairing>("status"), device.Text("identifier"),
            device.Text("model"), body.Time("created_at"), body.Time("updated_at"));
    }

}

/// <summary>The readers of a merchant.</summary>
/// <param name="Readers">Those that could be read.</param>
/// <param name="IsWhole">Whether there was a list, and each of its items has an id.</param>
internal sealed record WireRoster(IReadOnlyList<WireReader> Readers, bool IsWhole)
{
    public static WireRoster Read(JsonElement body)
    {
        var readers = body.Items("items").Select(WireReader.Read).ToList();
        var isList = body.Member("items") is { ValueKind: JsonValueKind.Array };
        return new(readers, isList && readers.TrueForAll(reader => reader.Id is not null));
    }
}

/// <summary>What happened to a transaction later, for example a refund; its amount is in major units.</summary>
internal sealed record WireTransactionEvent(
    long? Id, string? Type, string? Status, decimal? Amount, DateTimeOffset? At)
{
    public static WireTransactionEvent Read(JsonElement item) => new(
        item.Whole("id"), item.Text("event_type") ?? item.Text("type"), item.Text("status"), item.Number("amount"),
        item.Time("timestamp"));
}

/// <summary>
/// A transaction, or an item of the history, as the cloud tells it. Amounts are in major units, and the tip is part of
/// the amount. Every member may be missing; without a list of events it is not known whether there was a refund. Of the
/// card's number there are never more than four digits.
/// </summary>
internal sealed record WireTransaction(
    string? Id, string? TransactionCode, string? ClientTransactionId, string? ForeignTransactionId,
    string? MerchantCode, WireTransactionStatus Status, string? SimpleStatus, string? Type, decimal? Amount,
    decimal? TipAmount, decimal? RefundedAmount, string? Currency, DateTimeOffset? At, string? PaymentType,
    string? EntryMode, string? CardType, string? CardLast4, string? AuthCode,
    IReadOnlyList<WireTransactionEvent>? Events)
{
    public static WireTransaction Read(JsonElement item)
    {
        var card = item.Member("card") ?? default;
        var events = item.Member("transaction_events") is { ValueKind: JsonValueKind.Array }
            ? item.Items("transaction_events")
            : item.Member("events") is { ValueKind: JsonValueKind.Array } ? item.Items("events") : null;
        return new(
            item.Text("id") ?? item.Text("transaction_id"), item.Text("transaction_code"),
            item.Text("client_transaction_id"), item.Text("foreign_transaction_id"), item.Text("merchant_code"),
            item.Word<WireTransactionStatus>("status"), item.Text("simple_status"), item.Text("type"),
            item.Number("amount"), item.Number("tip_amount"), item.Number("refunded_amount"), item.Text("currency"),
            item.Time("timestamp"), item.Text("payment_type"), item.Text("entry_mode"),
            card.Text("type") ?? item.Text("card_type"), LastFour(card.Text("last_4_digits")),
            item.Text("auth_code"), events is null ? null : [.. events.Select(WireTransactionEvent.Read)]);
    }

    private static string? LastFour(string? digits) => digits is { Length: > 4 } ? digits[^4..] : digits;
}

/// <summary>A page of the history.</summary>
/// <param name="Items">Its transactions.</param>
/// <param name="Next">The query of the next page, as the cloud wrote it; null on the last one.</param>
internal sealed record WirePage(IReadOnlyList<WireTransaction> Items, string? Next)
{
    /// <exception cref="InvalidOperationException">It is no page: it has no list.</exception>
    public static WirePage Read(JsonElement body) => body.Member("items") is not { ValueKind: JsonValueKind.Array }
        ? throw new InvalidOperationException("The page has no list.")
        : new([.. body.Items("items").Select(WireTransaction.Read)],
        body.Items("links").Where(link => link.Text("rel") is "next").Select(link => link.Text("href"))
            .FirstOrDefault(href => href is { Length: > 0 }));
}

/// <summary>The merchant to which a key belongs.</summary>
internal sealed record WireMerchant(
    string? MerchantCode, string? Name, string? Country, string? Currency, bool? IsSandbox)
{
    public static WireMerchant Read(JsonElement body)
    {
        var profile = body.Member("business_profile") ?? default;
        return new(
            body.Text("merchant_code"), body.Text("alias") ?? profile.Text("name"), body.Text("country"),
            body.Text("default_currency"), body.Flag("sandbox"));
    }
}

/// <summary>For an answer of whose body nothing is used.</summary>
internal sealed record WireNothing;

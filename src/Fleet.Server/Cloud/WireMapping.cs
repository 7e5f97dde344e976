using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Transactions;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>Translates what the cloud answered into what the rules read.</summary>
internal static class WireMapping
{
    /// <summary>The answer to the attempt to create a checkout.</summary>
    public static CreateAnswer ToCreateAnswer(this CloudAnswer<WireIds> answer)
    {
        TransportFailure? failure = answer.Failure switch
        {
            CloudFailure.Withheld or CloudFailure.NotSent => TransportFailure.NeverSent,
            CloudFailure.TimedOut => TransportFailure.TimedOut,
            CloudFailure.Reset => TransportFailure.Broken,
            CloudFailure.Unreadable when answer.Status == 0 => TransportFailure.Broken,
            _ => null,
        };
        var ids = answer.Body is { } body ? new CloudIds(body.CheckoutId, body.ClientTransactionId) : null;
        return new(answer.Status == 0 ? null : answer.Status, failure, ids, answer.Error?.Type, answer.Error?.Detail,
            answer.Error is { Fields.Count: > 0 });
    }

    /// <summary>What a read of a checkout says.</summary>
    public static CloudFinding ToFinding(this CloudAnswer<WireCheckout> answer, DateTimeOffset at) =>
        answer.Body is not { } read
            ? new(CloudSource.Checkout, ResultOf(answer), at)
            : new(CloudSource.Checkout, ReadResult.Found, at)
            {
                Status = CloudStatusWords.ReadStatus($"{read.Status}"),
                Amount = read.Amount is { } amount && amount.MinorUnit >= 0
                    ? new(amount.Currency, amount.MinorUnit, amount.Value)
                    : null,
                FailureReason = read.FailureReason,
                Ids = new(read.CheckoutId, read.ClientTransactionId),
            };

    /// <summary>What a read of a transaction says.</summary>
    public static CloudFinding ToFinding(this CloudAnswer<WireTransaction> answer, DateTimeOffset at) =>
        answer.Body is { } read ? read.ToFinding(CloudSource.Transaction, at)
            : new(CloudSource.Transaction, ResultOf(answer), at);

    /// <summary>What a transaction says, wherever it was read.</summary>
    public static CloudFinding ToFinding(this WireTransaction read, CloudSource source, DateTimeOffset at) =>
        new(source, ReadResult.Found, at)
        {
            Status = CloudStatusWords.ReadStatus($"{read.Status}"),
            Amount = read.ReadAmount(),
            Tip = read.ReadMinor(read.TipAmount),
            MerchantCode = read.MerchantCode,
            Card = CardRead.FromDevice(
                read.CardLast4, read.CardType?.ToUpperInvariant(), ReadEntryMode(read.EntryMode), read.AuthCode),
            Ids = new(null, read.ClientTransactionId, read.TransactionCode),
            ForeignId = read.ForeignTransactionId,
        };

    /// <summary>What was charged, with the tip; null when it is not told, or is no amount of its currency.</summary>
    public static Money? ReadAmount(this WireTransaction read) =>
        read.ReadMinor(read.Amount) is { } value and >= 0 && read.Currency is { } currency
            && Currencies.MinorUnitOf(currency) is { } unit
                ? new(currency, unit, value)
                : null;

    /// <summary>An amount of a transaction in minor units.</summary>
    public static long? ReadMinor(this WireTransaction read, decimal? major) =>
        major is { } amount && Math.Abs(amount) <= Money.MaxValue && read.Currency is { } currency
            && Currencies.MinorUnitOf(currency) is { } unit
                ? new Money(currency, unit, 0).Minor(amount)
                : null;

    /// <summary>The status of a reader; null when it cannot be read.</summary>
    public static CloudReaderStatus? ToStatus(this CloudAnswer<WireStatus> answer, DateTimeOffset at) =>
        answer.Body is { IsOnline: { } online } read
            ? new(online, read.State is WireReaderState.Unknown ? null : read.State.ToWireName().ToUpperInvariant(), at)
            {
                BatteryLevel = read.BatteryLevel is >= 0 and <= 100 ? (double?)read.BatteryLevel : null,
                BatteryTemperature = read.BatteryTemperature is > -100 and < 200 ? (int?)read.BatteryTemperature : null,
                ConnectionType = ShortText(read.ConnectionType),
                Firmware = ShortText(read.Firmware),
                LastActivity = read.LastActivity,
            }
            : null;

    /// <summary>
    /// The readers of a list. A device that stands in it more than once is the newest of its pairings.
    /// </summary>
    public static IReadOnlyList<ListedReader> ListReaders(this WireRoster roster)
    {
        var newest = roster.Readers.Where(read => read is { Identifier: not null, Pairing: WirePairing.Paired })
            .GroupBy(read => read.Identifier)
            .ToDictionary(same => same.Key ?? "", same => same.MaxBy(read => read.CreatedAt)?.Id);
        return
        [
            .. roster.Readers
                .Where(read => newest.GetValueOrDefault(read.Identifier ?? "", read.Id) == read.Id)
                .Select(ToListed).OfType<ListedReader>(),
        ];
    }

    /// <summary>A reader of the list; null without an id.</summary>
    public static ListedReader? ToListed(this WireReader read) => read.Id is not { } id ? null : new(
        id, read.Name ?? id,
        read.Pairing switch
        {
            WirePairing.Processing => PairingStatus.Processing,
            WirePairing.Expired => PairingStatus.Expired,
            _ => PairingStatus.Paired,
        },
        read.Identifier, read.Model);

    /// <summary>The answer to a request to pair a device.</summary>
    /// <exception cref="TimeoutException">It is not known whether it was paired.</exception>
    public static CloudPairReply ToPairReply(this CloudAnswer<WireReader> answer)
    {
        if (answer.Body?.ToListed() is { } reader) return new(reader);
        if (answer.IsCertainlyUnsent) return new(null, Refusal.ProviderUnavailable);
        return answer.Status switch
        {
            401 or 403 => new(null, Refusal.ProviderRefused(answer.Status == 401 ? "unauthorized" : "forbidden")),
            409 => new(null, Refusal.PairingCodeUsed),
            >= 400 and < 500 and not (408 or 429) => new(null, Refusal.PairingCodeUnknown),
            _ => throw new TimeoutException("It is not known whether SumUp paired the reader."),
        };
    }

    /// <summary>The answer to a request to end a pairing; null when the pairing is over.</summary>
    /// <exception cref="TimeoutException">It is not known whether it is over.</exception>
    public static Refusal? ToDeleteRefusal(this CloudAnswer<WireNothing> answer)
    {
        if (answer.IsSuccess || answer.IsNotFound) return null;
        if (answer.IsCertainlyUnsent) return Refusal.ProviderUnavailable;
        return answer.Status switch
        {
            401 => Refusal.ProviderRefused("unauthorized"),
            403 => Refusal.ProviderRefused("forbidden"),
            _ => throw new TimeoutException("It is not known whether SumUp ended the pairing of the reader."),
        };
    }

    /// <summary>A text of the cloud's that callers are told; null for one that is too long for what it is.</summary>
    private static string? ShortText(string? text) => text is { Length: <= Device.MaxText } ? text : null;

    private static ReadResult ResultOf<T>(CloudAnswer<T> answer) where T : class =>
        answer.IsNotFound ? ReadResult.NotFound : ReadResult.Failed;

    private static EntryMode? ReadEntryMode(string? word) => word?.ToUpperInvariant() switch
    {
        "CHIP" => EntryMode.Chip,
        "CONTACTLESS" or "NFC" => EntryMode.Contactless,
        "MAGSTRIPE" or "SWIPE" => EntryMode.Magstripe,
        "MANUAL ENTRY" or "MANUAL_ENTRY" => EntryMode.ManualEntry,
        _ => null,
    };
}

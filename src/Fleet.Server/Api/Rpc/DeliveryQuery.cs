using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Webhooks;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Reads which deliveries a caller wants to see.</summary>
internal static class DeliveryQuery
{
    /// <summary>Rows of a page.</summary>
    public const int DefaultLimit = 50, MaxLimit = 500;

    /// <summary>Bytes of a place as text: microseconds since 1970, and an id.</summary>
    private const int PlaceBytes = sizeof(long) + 16;

    private static readonly DeliveryState[] AllStates = Enum.GetValues<DeliveryState>();

    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>The page that is asked for; what is wrong with it is noted.</summary>
    public static DeliveryPage ReadPage(this FieldCheck fields, IQueryCollection query)
    {
        var (state, from, to) = (fields.ReadState(query), fields.Time(query, "from"), fields.Time(query, "to"));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = DeliveryPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        if (fields.ReadAfter(query) is { } after && after.At < below.At) below = after;
        return new(state is { } one ? [one] : AllStates, from ?? DateTimeOffset.MinValue, below,
            fields.ReadLimit(query));
    }

    /// <summary>The same, as it is asked for over gRPC.</summary>
    public static DeliveryPage ReadPage(this FieldCheck fields, Proto.ListWebhooksRequest ask)
    {
        var (from, to) = (ask.From.Time("from", fields), ask.To.Time("to", fields));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = DeliveryPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        if (fields.PageToken(ask.PageToken, PlaceOf) is { } after && after.At < below.At) below = after;
        var states = ask.State.Length == 0 ? AllStates : [fields.ReadState(ask.State) ?? default];
        return new(states, from ?? DateTimeOffset.MinValue, below, fields.PageSize(ask.PageSize));
    }

    /// <summary>A place as callers get it: they give it back and need not understand it.</summary>
    public static string Text(this DeliveryPlace place)
    {
        Span<byte> bytes = stackalloc byte[PlaceBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Microseconds.FromTime(place.At));
        place.Id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private static DeliveryState? ReadState(this FieldCheck fields, IQueryCollection query) =>
        query.TryGetValue("state", out var given) ? fields.ReadState(given.ToString()) : null;

    private static DeliveryState? ReadState(this FieldCheck fields, string given)
    {
        var state = SnakeCase.FindMember<DeliveryState>(given);
        if (state is null) fields.AddError("state", "must be dead, waiting or delivered");
        return state;
    }

    private static DateTimeOffset? Time(this FieldCheck fields, IQueryCollection query, string field)
    {
        if (!query.TryGetValue(field, out var given)) return null;
        if (DateTimeOffset.TryParseExact(given.ToString(), TimeFormats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out var time))
            return time;
        fields.AddError(field, "must be a time like 2026-03-01T09:00:00Z");
        return null;
    }

    private static int ReadLimit(this FieldCheck fields, IQueryCollection query)
    {
        if (!query.TryGetValue("limit", out var given)) return DefaultLimit;
        if (int.TryParse(given.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MaxLimit)
            return limit;
        fields.AddError("limit", $"must be between 1 and {MaxLimit}");
        return DefaultLimit;
    }

    private static DeliveryPlace? ReadAfter(this FieldCheck fields, IQueryCollection query)
    {
        if (!query.TryGetValue("after", out var given)) return null;
        if (PlaceOf(given.ToString()) is { } place) return place;
        fields.AddError("after", "must be the next of an earlier page");
        return null;
    }

    private static DeliveryPlace? PlaceOf(string text)
    {
        Span<byte> bytes = stackalloc byte[PlaceBytes];
        if (text.Length != Base64Url.GetEncodedLength(PlaceBytes)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != PlaceBytes)
            return null;
        var at = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return at < Microseconds.FromTime(DateTimeOffset.MinValue)
            || at > Microseconds.FromTime(DateTimeOffset.MaxValue)
            ? null
            : new(Microseconds.ToTime(at), new Guid(bytes[sizeof(long)..], bigEndian: true));
    }
}

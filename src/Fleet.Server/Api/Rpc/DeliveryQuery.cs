using System.Globalization;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Server.Webhooks;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Reads the filters for a list of deliveries.</summary>
internal static class DeliveryQuery
{
    /// <summary>Rows of a page.</summary>
    public const int DefaultLimit = 50, MaxLimit = 500;

    /// <summary>The name of the list in its tokens.</summary>
    private const string Deliveries = "deliveries";

    private static readonly DeliveryState[] AllStates = Enum.GetValues<DeliveryState>();

    /// <summary>The requested page; errors are added to the check.</summary>
    public static DeliveryPage ReadPage(this FieldCheck fields, IQueryCollection query)
    {
        var (state, from, to) = (fields.ReadState(query), fields.Time(query, "from"), fields.Time(query, "to"));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = DeliveryPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        if (fields.ReadAfter(query) is { } after && after.At < below.At) below = after;
        return new(state is { } one ? [one] : AllStates, from ?? DateTimeOffset.MinValue, below,
            fields.ReadLimit(query));
    }

    /// <summary>The page that a gRPC call requests.</summary>
    public static DeliveryPage ReadPage(this FieldCheck fields, Proto.ListWebhooksRequest ask)
    {
        var (from, to) = (ask.From.Time("from", fields), ask.To.Time("to", fields));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = DeliveryPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        var after = fields.CheckPageToken(ask.PageToken, Deliveries, PlaceOf);
        if (after?.At < below.At) below = after.Value;
        var states = ask.State.Length == 0 ? AllStates : [fields.ReadState(ask.State) ?? default];
        return new(states, from ?? DateTimeOffset.MinValue, below, fields.PageSize(ask.PageSize));
    }

    /// <summary>A place as a token.</summary>
    public static string Text(this DeliveryPlace place) =>
        PageToken.Write(Deliveries, PageToken.WriteTime(place.At), $"{place.Id}");

    private static DeliveryState? ReadState(this FieldCheck fields, IQueryCollection query) =>
        query.TryGetValue("state", out var given) ? fields.ReadState(given.ToString()) : null;

    private static DeliveryState? ReadState(this FieldCheck fields, string given)
    {
        var state = SnakeCase.FindMember<DeliveryState>(given);
        if (state is null) fields.AddError("state", "must be dead, waiting or delivered");
        return state;
    }

    private static DateTimeOffset? Time(this FieldCheck fields, IQueryCollection query, string field) =>
        query.TryGetValue(field, out var given)
            ? fields.CheckTime(field, RequestTime.Read(given.ToString(), mayBeDate: false))
            : null;

    private static int ReadLimit(this FieldCheck fields, IQueryCollection query)
    {
        if (!query.TryGetValue("limit", out var given)) return DefaultLimit;
        if (int.TryParse(given.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MaxLimit)
            return limit;
        fields.AddError("limit", $"must be between 1 and {MaxLimit}");
        return DefaultLimit;
    }

    private static DeliveryPlace? ReadAfter(this FieldCheck fields, IQueryCollection query) =>
        fields.CheckPageToken("after", query.TryGetValue("after", out var given) ? given.ToString() : null,
            Deliveries, PlaceOf);

    private static DeliveryPlace? PlaceOf(string[] parts) =>
        parts is [var time, var id] && PageToken.ReadTime(time) is { } at && PageToken.ReadId(id) is { } known
            ? new(at, known)
            : null;
}

using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Fleet.Core.Checkouts;

/// <summary>
/// Where the next page of a list begins. Callers give it back unchanged. It names its list, so that a token of another
/// list is refused.
/// </summary>
public static class PageToken
{
    /// <summary>The rule for a token, for callers.</summary>
    public const string Rule = "must be the token of an earlier page of this list";

    /// <summary>No part of a place has a space.</summary>
    private const char Between = ' ';

    /// <summary>The token of a place in a list.</summary>
    /// <param name="list">The name of the list, the same for all of its pages.</param>
    /// <param name="place">The place: ids, and numbers and times as they are written here.</param>
    public static string Write(string list, params IEnumerable<string> place) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Join(Between, place.Prepend(list))));

    /// <summary>A time as a part of a place: in microseconds, as databases keep it.</summary>
    public static string WriteTime(DateTimeOffset time) => WriteNumber(Microseconds.FromTime(time));

    /// <summary>A number as a part of a place.</summary>
    public static string WriteNumber(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The place of a token; null at the beginning. A wrong token is added to the errors.</summary>
    /// <param name="fields">The check to which errors are added.</param>
    /// <param name="field">The name of the field.</param>
    /// <param name="token">The token; null when none was given.</param>
    /// <param name="list">The list that it must be of.</param>
    /// <param name="read">Reads the parts of the place; null when they are wrong.</param>
    public static TPlace? CheckPageToken<TPlace>(
        this FieldCheck fields, string field, string? token, string list, Func<string[], TPlace?> read)
        where TPlace : struct
    {
        if (token is null) return null;
        var place = Read(token, list) is { } parts ? read(parts) : null;
        if (place is null) fields.AddError(field, Rule);
        return place;
    }

    /// <summary>The time of a part; null when it is not a time.</summary>
    public static DateTimeOffset? ReadTime(string part) =>
        long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
        && at >= Microseconds.FromTime(DateTimeOffset.MinValue) && at <= Microseconds.FromTime(DateTimeOffset.MaxValue)
            ? Microseconds.ToTime(at)
            : null;

    /// <summary>The number of a part, from 0; null when it is not a number.</summary>
    public static long? ReadNumber(string part) =>
        long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The id of a part; null when it is not an id.</summary>
    public static Guid? ReadId(string part) => Ids.IsUuid(part, out var id) ? id : null;

    /// <summary>The parts of a token's place; null unless the token is exactly what this class writes.</summary>
    private static string[]? Read(string token, string list)
    {
        if (!Base64Url.IsValid(token)) return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(Between);
        return parts[0] == list && Write(list, parts[1..]) == token ? parts[1..] : null;
    }
}

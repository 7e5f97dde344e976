using System.Globalization;
using System.Text.RegularExpressions;
using Fleet.Core.Checkouts;

namespace Fleet.Core;

/// <summary>Times as callers write them, in queries, in messages and on the command line.</summary>
public static partial class RequestTime
{
    /// <summary>The rule for a time, for callers.</summary>
    public const string Rule = "must be a time like 2026-03-01T09:00:00Z";

    /// <summary>Nanoseconds of a second, and of a microsecond.</summary>
    private const int Second = 1_000_000_000, Microsecond = 1_000;

    /// <summary>
    /// Reads a date, or a date and a time: with T or a space between, and to the nanosecond; null when it is not one.
    /// Other forms that .NET accepts are refused: it would read 10:00 as an hour of today. Without a zone it is UTC.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="mayBeDate">Whether a date alone is accepted, for its first moment.</param>
    public static DateTimeOffset? Read(string text, bool mayBeDate = true) =>
        DateAndTime().Match(text) is { Success: true } match && (mayBeDate || match.Groups["time"].Success)
        && DateTimeOffset.TryParse(
            // A plus that was not escaped in a query arrives as a space.
            $"{match.Groups["date"]} {match.Groups["time"]}{match.Groups["zone"].Value.Replace(' ', '+')}",
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : null;

    /// <summary>The time of a message, in whole microseconds; null beyond the years 1 to 9999.</summary>
    /// <param name="seconds">Since 1970, UTC.</param>
    /// <param name="nanos">Nanoseconds in addition to the seconds.</param>
    public static DateTimeOffset? Read(long seconds, int nanos) =>
        seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        && nanos is >= 0 and < Second
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddMicroseconds(nanos / Microsecond)
            : null;

    /// <summary>Adds the error of a time that could not be read.</summary>
    public static DateTimeOffset? CheckTime(this FieldCheck fields, string field, DateTimeOffset? read)
    {
        if (read is null) fields.AddError(field, Rule);
        return read;
    }

    [GeneratedRegex(@"^(?<date>\d{4}-\d\d-\d\d)"
        + @"([T ](?<time>\d\d:\d\d(:\d\d(\.\d{1,9})?)?)(?<zone>Z|[+ -]\d\d(:?\d\d)?)?)?$")]
    private static partial Regex DateAndTime();
}

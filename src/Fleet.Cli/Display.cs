using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Turns messages into text for people. Times are UTC.</summary>
internal static class Display
{
    public static string ToWord(this Proto.State state) => ToSnakeCase(state);

    public static string ToWord(this Proto.Presence presence) => ToSnakeCase(presence);

    public static string ToWord(this Proto.RouteRule rule) => ToSnakeCase(rule).Replace('_', ' ');

    /// <summary>A point in time, to the second; empty for none.</summary>
    public static string ToText(this Timestamp? time) =>
        time?.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    /// <summary>When Fleet ends an open checkout by itself; null when it does not.</summary>
    public static string? DescribeDeadline(Proto.Checkout checkout) =>
        checkout is { Deadline: { } end, State: Proto.State.Accepted or Proto.State.Started or Proto.State.Unknown }
            ? $"The customer has until {end.ToText()}; then Fleet asks the reader to end it."
            : null;

    /// <summary>How long something takes or took, in the largest unit that fits.</summary>
    public static string ToText(this TimeSpan span) => span switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalSeconds: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalMinutes: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
    };

    /// <summary>How long ago something was; empty for never.</summary>
    public static string ToAge(this Timestamp? time, DateTimeOffset now) =>
        time is null ? "" : (now - time.ToDateTimeOffset()) is var span && span > TimeSpan.Zero
            ? span.ToText()
            : "0.0 s";

    /// <summary>The battery of a reader in percent; empty when the reader never reported it.</summary>
    public static string BatteryText(this Proto.Reader reader) => reader.HasBattery
        ? string.Create(CultureInfo.InvariantCulture, $"{reader.Battery:0} %")
        : "";

    /// <summary>
    /// The state of a reader in one word; and in a second one that its payment is unknown, or its trouble with SumUp.
    /// </summary>
    public static string StateText(this Proto.Reader reader) => reader switch
    {
        { Pairing: not "paired" } => $"pairing {reader.Pairing}",
        { Trouble: { } trouble } => $"{reader.PresenceText()}, {trouble.Code}",
        { Checkout.State: Proto.State.Unknown } => $"{reader.PresenceText()}, {reader.Checkout.State.ToWord()}",
        _ => reader.PresenceText(),
    };

    private static string PresenceText(this Proto.Reader reader) =>
        reader.Presence is Proto.Presence.NotSeen ? "unknown" : reader.Presence.ToWord();

    /// <summary>How long ago SumUp told of a reader; empty for a device that is connected to Fleet.</summary>
    public static string SeenText(this Proto.Reader reader, DateTimeOffset now) => reader switch
    {
        { CloudReaderId: "" } => "",
        { SeenAt: null } => "never",
        _ => $"{reader.SeenAt.ToAge(now)} ago",
    };

    public static string CountOf(int count, string thing) => count == 1
        ? $"1 {thing}"
        : string.Create(CultureInfo.InvariantCulture, $"{count} {thing}s");

    private static string ToSnakeCase<T>(T word) where T : struct, System.Enum =>
        string.Concat($"{word}".Select((c, i) =>
            i > 0 && char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}

using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Readers;

/// <summary>How pages write what is known of a reader.</summary>
public static class ReaderWords
{
    /// <summary>A time span as the console's script writes it.</summary>
    public static string Duration(TimeSpan span) => Math.Max(0, (long)span.TotalSeconds) switch
    {
        < 120 and var seconds => $"{seconds} s",
        < 7_200 and var seconds => $"{seconds / 60} min",
        < 172_800 and var seconds => $"{seconds / 3_600} h",
        var seconds => $"{seconds / 86_400} d",
    };

    /// <summary>What is known of the device, for example <c>82 %, Wi-Fi, 3.3.44.0</c>; empty for nothing.</summary>
    public static string Device(Proto.Reader reader) => string.Join(", ", new[]
    {
        Battery(reader), reader.Connection, reader.Firmware,
    }.Where(text => text.Length > 0));

    /// <summary>Its battery, for example <c>82 %</c>; empty when it is not known.</summary>
    public static string Battery(Proto.Reader reader) =>
        reader.HasBattery ? $"{reader.Battery.ToString("0", CultureInfo.InvariantCulture)} %" : "";

    /// <summary>
    /// How old the knowledge of a reader is, and since when; without a time it is of now, or there is none.
    /// </summary>
    public static (string Text, Timestamp? Since) Known(Proto.Reader reader) => reader switch
    {
        { CloudReaderId.Length: > 0, SeenAt: null } => ("SumUp has not told yet", null),
        { CloudReaderId.Length: > 0 } => ("SumUp told this", reader.SeenAt),
        { Presence: Proto.Presence.Free or Proto.Presence.Busy } => ("connected", null),
        { LastActivity: null } => ("never connected", null),
        _ => ("last heard", reader.LastActivity),
    };

    /// <summary>What its device shows, for example <c>waiting for card</c>; empty when it is not known.</summary>
    public static string Screen(Proto.Reader reader) => reader.Screen.Replace('_', ' ').ToLowerInvariant();

    /// <summary>The state of a reader as a sentence for the clerk who stands before it.</summary>
    public static string Answer(Proto.Reader reader) => reader switch
    {
        { Pairing: "processing" } => "It is being paired.",
        { Pairing: not "paired" } => "Its pairing is over. Unpair it, and pair the device again.",
        { Trouble: not null } => "Something is wrong between it and SumUp.",
        { Checkout.State: Proto.State.Unknown } => "It is held by a payment of which the outcome is not known.",
        { Presence: Proto.Presence.Free } => "It is free.",
        { Presence: Proto.Presence.Busy } => "A payment holds it.",
        { Presence: Proto.Presence.Offline, Checkout: not null } => "It is not connected, and a payment holds it.",
        { Presence: Proto.Presence.Offline } => "It is not connected. Look whether it has power and a network.",
        _ => "SumUp has not told for a minute whether it reaches it. A payment may be started.",
    };

    /// <summary>
    /// When a checkout ends that was asked to end: there is no latest time, because it may be charged meanwhile.
    /// </summary>
    public static string EndOf(Proto.Reader reader) => reader switch
    {
        { CloudReaderId.Length: > 0 } => "It ends when SumUp says how; Fleet keeps asking.",
        { Presence: Proto.Presence.Offline } =>
            "It ends when its device connects again, or an operator records how. There is no latest time.",
        _ => "It ends when its device answers.",
    };

    /// <summary>Whether a checkout may be started on it, as far as is known.</summary>
    public static bool MayStart(Proto.Reader reader) =>
        reader is { Pairing: "paired", Checkout: null, Presence: Proto.Presence.Free or Proto.Presence.NotSeen };
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Fleet.Core.Checkouts;
using Orleans;

namespace Fleet.Core.Readers;

/// <summary>How far the pairing of a device with a merchant is, in SumUp's words.</summary>
public enum PairingStatus
{
    /// <summary>Created by the till; the device has not confirmed yet.</summary>
    Processing,

    /// <summary>The device confirmed and can take checkouts.</summary>
    Paired,

    /// <summary>
    /// Unconfirmed after <see cref="ReaderProfile.ConfirmWithin"/>, or its device was paired anew. The merchant should
    /// delete it.
    /// </summary>
    Expired,

    /// <summary>
    /// Deleted by the merchant. For callers it does not exist any more; it is kept because a payment that had started
    /// may still report its outcome.
    /// </summary>
    Removed,
}

/// <summary>What a device tells about itself when it connects.</summary>
/// <param name="Serial">Serial number, 1 to <see cref="MaxText"/> characters.</param>
/// <param name="Model"><c>solo</c> or <c>virtual-solo</c>.</param>
/// <param name="Firmware">Version text, for example <c>3.3.40.3</c>.</param>
[GenerateSerializer, Immutable, Alias("fleet.device")]
public sealed record Device(
    [property: Id(0)] string Serial,
    [property: Id(1)] string Model,
    [property: Id(2)] string Firmware)
{
    /// <summary>Longest serial number or firmware version that Fleet accepts.</summary>
    public const int MaxText = 64;

    public const string Solo = "solo", VirtualSolo = "virtual-solo";

    /// <summary>The firmware of a reader of SumUp's cloud that has not told it.</summary>
    public const string UnknownFirmware = "0";

    /// <summary>
    /// Whether it is one of the models, with texts that can be printed: letters, digits, signs, and single spaces
    /// between them.
    /// </summary>
    public bool IsValid => Model is Solo or VirtualSolo && IsText(Serial) && IsText(Firmware);

    private static bool IsText(string text) =>
        text.Length is > 0 and <= MaxText && FieldCheck.IsStorable(text) && text.Trim() == text
        && text.EnumerateRunes().All(IsPrintable);

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator);
}

/// <summary>A reader as the merchant sees it: the pairing of one device to one merchant, with a name.</summary>
[GenerateSerializer, Immutable, Alias("fleet.pairing")]
public sealed record ReaderProfile
{
    /// <summary>How long the device has to confirm the pairing, and how long a code on its screen is valid.</summary>
    public static readonly TimeSpan ConfirmWithin = TimeSpan.FromMinutes(5);

    /// <summary>The store of readers for which no store was named; every merchant has it.</summary>
    public const string DefaultStore = "default";

    /// <summary>The name that it has until it is renamed.</summary>
    public const string DefaultStoreName = "Default";

    [Id(0)] public required string MerchantCode { get; init; }
    [Id(1)] public required string Store { get; init; }
    [Id(2)] public required string Name { get; init; }

    /// <summary>The caller's own JSON object, as text; null when none was given.</summary>
    [Id(3)] public string? Metadata { get; init; }

    [Id(4)] public required Device Device { get; init; }
    [Id(5)] public required PairingStatus Status { get; init; }
    [Id(6)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(7)] public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Tags that the store's tills may ask for: <c>lane-3</c>, <c>pharmacy</c>, <c>mobile</c>.</summary>
    [Id(8)] public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The id of the reader in SumUp's cloud, which carries out its checkouts; null for a device.</summary>
    [Id(9)] public string? CloudReaderId { get; init; }

    /// <summary>When its device was paired anew, so that the reader goes on; null when it was not.</summary>
    [Id(10)] public DateTimeOffset? PairedAt { get; init; }

    /// <summary>The status at <paramref name="now"/>: an unconfirmed pairing expires without an event.</summary>
    public PairingStatus StatusAt(DateTimeOffset now) =>
        Status is PairingStatus.Processing && Deadline.IsOver(PairedAt ?? CreatedAt, ConfirmWithin, now)
            ? PairingStatus.Expired
            : Status;

    /// <summary>
    /// Whether a device may be paired with a merchant: virtual devices with sandbox merchants, real devices with live
    /// ones.
    /// </summary>
    public static bool SuitsMerchant(Device device, bool sandbox) => sandbox == (device.Model is Device.VirtualSolo);
}

/// <summary>The rules for the fields of a reader.</summary>
public static class ReaderFields
{
    /// <summary>SumUp's longest reader name, in characters as a person sees them.</summary>
    public const int MaxName = 500;

    /// <summary>SumUp's largest number of members in <c>metadata</c> (and here in <c>tags</c>).</summary>
    public const int MaxMetadata = 64;

    /// <summary>A pairing code as a person typed it, in the form devices show; null when it cannot be one.</summary>
    public static string? CheckPairingCode(this FieldCheck fields, string typed)
    {
        if (!Ids.TryReadPairingCode(typed, out var code))
            fields.AddError("pairing_code", "must have 8 or 9 letters and digits");
        return code;
    }

    /// <summary>A name: not empty, at most <see cref="MaxName"/>.</summary>
    public static string CheckName(this FieldCheck fields, string? name) => fields.RequireName("name", name, MaxName);

    /// <summary>A metadata object, or null; an empty one clears what was there.</summary>
    public static string? CheckMetadata(this FieldCheck fields, JsonElement? metadata) =>
        fields.JsonObject("metadata", metadata, MaxMetadata);
}

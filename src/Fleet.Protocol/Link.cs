using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Fleet.Protocol;

/// <summary>The link of a device to Fleet: JSON text frames over a WebSocket (<c>docs/link-protocol.md</c>).</summary>
public static class Link
{
    public const string Path = "/link/v1";
    public const string SubProtocol = "fleet.link.v1";

    /// <summary>Largest frame in either direction, in bytes.</summary>
    public const int MaxFrame = 16 * 1024;

    /// <summary>Close codes: this connection was replaced by a newer one of the same device.</summary>
    public const int Superseded = 4001;

    /// <summary>Close codes: the frame broke the protocol; the close text says how.</summary>
    public const int ProtocolError = 4002;

    /// <summary>Close codes: the node stops; connect again after a random moment.</summary>
    public const int GoingAway = 1012;

    /// <summary>Close codes: too many devices wait to be paired; wait longer each time.</summary>
    public const int TryLater = 1013;

    /// <summary>A frame as UTF-8 bytes.</summary>
    public static byte[] WriteFrame(ServerFrame frame) => frame is ShowCheckout show
        ? JsonSerializer.SerializeToUtf8Bytes(
            new(ShowCheckout.Type, show.Epoch, show.Checkout), ShowJson.Default.ShownCheckout)
        : JsonSerializer.SerializeToUtf8Bytes(frame, LinkJson.Default.ServerFrame);

    /// <summary>A frame as UTF-8 bytes.</summary>
    public static byte[] WriteFrame(DeviceFrame frame) =>
        JsonSerializer.SerializeToUtf8Bytes(frame, LinkJson.Default.DeviceFrame);

    /// <summary>Reads a frame of the device.</summary>
    /// <exception cref="JsonException">It is not one; the message says why.</exception>
    public static DeviceFrame ReadDeviceFrame(ReadOnlySpan<byte> utf8) =>
        ReadFrame(utf8, LinkJson.Default.DeviceFrame);

    /// <summary>Reads a frame of the server.</summary>
    /// <exception cref="JsonException">It is not one; the message says why.</exception>
    public static ServerFrame ReadServerFrame(ReadOnlySpan<byte> utf8) =>
        ReadFrame(utf8, LinkJson.Default.ServerFrame);

    private static T ReadFrame<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, type) ?? throw new JsonException("The frame is null.");
        }
        catch (NotSupportedException e)
        {
            throw new JsonException("The frame has no known type.", e);
        }
    }
}

/// <summary>The words of <see cref="Result.Outcome"/>.</summary>
public static class Outcomes
{
    public const string Approved = "approved", Failed = "failed", Cancelled = "cancelled";
}

/// <summary>The words of <see cref="Result.Reason"/>.</summary>
public static class Reasons
{
    public const string Declined = "declined", WrongPin = "wrong_pin", CardRemoved = "card_removed";
    public const string ReaderLost = "reader_lost";
    public const string CustomerCancelled = "customer_cancelled", NoCardInTime = "no_card_in_time";
}

/// <summary>The words of <see cref="PresentedCard.EntryMode"/>.</summary>
public static class EntryModes
{
    public const string Chip = "chip", Contactless = "contactless", Magstripe = "magstripe";
    public const string ManualEntry = "manual_entry";
}

/// <summary>The words of <see cref="ScreenState.State"/>, as the Cloud API shows them.</summary>
public static class Screens
{
    public const string Idle = "IDLE", SelectingTip = "SELECTING_TIP", WaitingForCard = "WAITING_FOR_CARD";
    public const string WaitingForPin = "WAITING_FOR_PIN", WaitingForSignature = "WAITING_FOR_SIGNATURE";
    public const string UpdatingFirmware = "UPDATING_FIRMWARE";

    public static readonly IReadOnlyList<string> All =
        [Idle, SelectingTip, WaitingForCard, WaitingForPin, WaitingForSignature, UpdatingFirmware];
}

/// <summary>The words of <see cref="DeviceStatus.ConnectionType"/>.</summary>
public static class Connections
{
    public static readonly IReadOnlyList<string> All = ["btle", "edge", "gprs", "lte", "umts", "usb", "Wi-Fi"];
}

/// <summary>How frames are written: snake_case, nothing for null, the type anywhere; strict otherwise.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(DeviceFrame))]
[JsonSerializable(typeof(ServerFrame))]
internal sealed partial class LinkJson : JsonSerializerContext;

/// <summary>
/// <see cref="ShowCheckout"/>, which is sent most, with its type as a member: that is written by generated code alone.
/// </summary>
internal sealed record ShownCheckout(string Type, long Epoch, CheckoutDisplay Checkout);

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShownCheckout))]
internal sealed partial class ShowJson : JsonSerializerContext;
